import { mkdir } from "node:fs/promises";

import type { Micros, StreamDescription } from "../../../src/index.ts";
import { type GeneratedRecording, generateRecording } from "./generateRecording.ts";
import { DEMO, UNSEEN_VOICE } from "./recordingPlans.ts";

export interface GenerateRecordingsOptions {
  /** Folder for the recordings; made if it is not there, files of the same names are replaced. */
  readonly out: string;
  /** How the pipeline describes its streams. */
  readonly streams: readonly StreamDescription[];
  /** Period of its grid. */
  readonly period: Micros;
  /** Called with each recording as it is done. */
  readonly onRecording?: (recording: GeneratedRecording) => void;
}

/**
 * Makes the recordings that come with the project: the demo, and the voice that is never trained on.
 *
 * @throws {ConfigError} If flite is not installed.
 * @throws {LogError} If a file cannot be written.
 */
export async function generate({
  out,
  onRecording,
  ...pipeline
}: GenerateRecordingsOptions): Promise<GeneratedRecording[]> {
  await mkdir(out, { recursive: true });
  const recordings: GeneratedRecording[] = [];
  for (const plan of [DEMO, UNSEEN_VOICE]) {
    const recording = await generateRecording({ plan, out, ...pipeline });
    recordings.push(recording);
    onRecording?.(recording);
  }
  return recordings;
}
