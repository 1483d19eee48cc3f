import { join } from "node:path";

import { ConfigError, type Micros, micros, type StreamDescription } from "../../../src/index.ts";
import { fliteVersion } from "./flite.ts";
import { recordClip } from "./recordClip.ts";
import { type RecordingPlan, sentencesOf } from "./recordingPlans.ts";
import { renderRecording } from "./renderRecording.ts";

export interface GenerateRecordingOptions {
  /** What to say: `DEMO` or `UNSEEN_VOICE`. */
  readonly plan: RecordingPlan;
  /** Folder that the file is written to; a file of that name there is replaced. */
  readonly out: string;
  /** How the pipeline describes its streams. */
  readonly streams: readonly StreamDescription[];
  readonly period: Micros;
}

/** What was written. */
export interface GeneratedRecording {
  readonly path: string;
  readonly durationMs: number;
  /** Sentences in order, words joined by spaces. */
  readonly sentences: readonly string[];
  readonly flite: string;
}

/** New year 2026 in Greenwich: a recording made of rules has no hour of its own. */
const START = micros(Date.UTC(2026, 0, 1) * 1_000);

/**
 * Makes a recording of synthetic speech with a drawn mouth: `OUT/<name of the plan>.mcap`.
 *
 * The same plan and version of flite give the same file, byte for byte.
 *
 * @throws {ConfigError} If flite is not installed.
 * @throws {LogError} If the file cannot be written.
 */
export async function generateRecording({
  plan,
  out,
  streams,
  period,
}: GenerateRecordingOptions): Promise<GeneratedRecording> {
  const flite = await fliteVersion();
  if (flite === undefined)
    throw new ConfigError("flite", "expected the program, got none: apt-get install flite");
  const path = join(out, `${plan.name}.mcap`);
  const clip = await renderRecording(plan);
  await recordClip(clip, {
    path,
    streams,
    period,
    start: START,
    metadata: {
      content: "synthetic speech (flite) and a drawn mouth; no person was recorded",
      flite,
      voices: plan.turns.map(({ voice }) => voice).join(" "),
      seed: String(plan.seed),
      licence: "Apache-2.0; voices: see README.md beside this file",
    },
  });
  const sentences = sentencesOf(plan).map((words) => words.join(" "));
  return { path, durationMs: clip.durationMs, sentences, flite };
}
