import { ConfigError } from "../errors.ts";
import type { Micros } from "../units.ts";
import { RunningPipeline } from "./RunningPipeline.ts";

/** When it happened, and who says so. */
export interface LabelRunningFlags {
  readonly url: string;
  /** How long ago it began. */
  readonly ago: Micros;
  /** How long it lasted. */
  readonly for: Micros;
  readonly by: string;
  readonly slot?: string;
  readonly json?: true;
}

/**
 * Tells a running pipeline what has happened; it is put on record, and what learns takes it to its moments.
 *
 * @throws {ConfigError} If nobody answers, the run has not begun, or it knows no such class.
 */
export async function labelRunning(label: string, flags: LabelRunningFlags): Promise<void> {
  const { url, ago, by, slot = "", json } = flags;
  const pipeline = new RunningPipeline(url);
  const now = (await pipeline.status()).streams?.time;
  if (now === undefined)
    throw new ConfigError(url, "expected a pipeline that has begun, got one that has not");
  const from = Math.round(now - ago);
  const told = { label, from, to: from + flags.for, by, slot };
  await pipeline.post("/api/labels", told);
  process.stdout.write(`${json ? JSON.stringify(told) : `${label} is on record`}\n`);
}
