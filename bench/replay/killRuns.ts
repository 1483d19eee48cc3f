import { existsSync, statSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { fileMetadata } from "../../src/log/fileMetadata.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { type RunFiles, RunSession } from "./RunSession.ts";
import { recordsIn } from "./recordsIn.ts";

/** A run says all it has to say in this part of its time; the rest goes into its start. */
const NEWS_SHARE = 4;

export interface KillOptions {
  /** What the runs replay; a log. */
  readonly recording: string;
  /** Where they write; what the last whole run wrote is left there. */
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  /** Called after each kill. */
  readonly onKill?: (kill: number) => void;
}

/** What came of runs that were killed and resumed. */
export interface KillReport {
  readonly kills: number;
  /** Whole runs that were finished in between. */
  readonly finished: number;
  /** Kills after which a record was gone that had been there, or a chunk could not be read. */
  readonly lost: number;
  /** Whole runs, and files left by kills, whose readings or events are not the uninterrupted run's. */
  readonly changed: number;
}

/** What a run said, byte for byte, and the digest that it put on record. */
interface Outputs {
  readonly readings: Buffer;
  readonly events: Buffer;
  readonly digest: string | undefined;
}

/**
 * Runs the talking-face pipeline on a recording by the real command, kills it with SIGKILL at a random
 * moment, looks at what it left and starts it again with the same files, as often as asked; then lets the
 * last run finish.
 *
 * After each kill everything that was on record before still is, every complete chunk can be read, and the
 * readings and events are the first of those of the uninterrupted run; after each whole run they are all of
 * them, byte for byte.
 */
export async function killRuns(options: KillOptions): Promise<KillReport> {
  const { recording, folder, kills, seed, onKill } = options;
  const whole = filesIn(folder, "whole");
  const began = performance.now();
  await new RunSession(recording, whole).live(() => true, Number.POSITIVE_INFINITY);
  const longest = performance.now() - began;
  const wanted = await outputsOf(whole);
  const files = filesIn(folder, "killed");
  const rng = Rng.fromSeed(seed);
  let [done, finished, lost, changed, kept] = [0, 0, 0, 0, 0];
  for (let isWhole = false; done < kills || !isWhole; ) {
    const life = done < kills ? rng.uniform() * longest : Number.POSITIVE_INFINITY;
    const before = sizeOf(files.readings);
    const session = new RunSession(recording, files);
    // One half dies anywhere, in its start too, the other half after it has said something new.
    isWhole = !(done % 2 === 0
      ? await session.live(() => existsSync(files.log), life)
      : await session.live(() => sizeOf(files.readings) > before, life / NEWS_SHARE));
    const records = await recordsIn(files.log).catch(() => -1);
    if (records < kept) lost++;
    const got = await outputsOf(files);
    if (!isWhole) {
      done++;
      kept = records;
      if (!isPrefix(got.readings, wanted.readings) || !isPrefix(got.events, wanted.events))
        changed++;
      onKill?.(done);
      continue;
    }
    finished++;
    if (
      !got.readings.equals(wanted.readings) ||
      !got.events.equals(wanted.events) ||
      got.digest !== wanted.digest
    )
      changed++;
    kept = 0;
    if (done < kills) for (const file of Object.values(files)) await rm(file);
  }
  return { kills: done, finished, lost, changed };
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

function filesIn(folder: string, name: string): RunFiles {
  return {
    log: join(folder, `${name}.mcap`),
    readings: join(folder, `${name}.readings.jsonl`),
    events: join(folder, `${name}.events.jsonl`),
  };
}

async function outputsOf({ log, readings, events }: RunFiles): Promise<Outputs> {
  const read = async (file: string): Promise<Buffer> =>
    existsSync(file) ? await readFile(file) : Buffer.alloc(0);
  const digest = (await fileMetadata(log)).metadata["readings-sha256"];
  return { readings: await read(readings), events: await read(events), digest };
}

/** Whether the complete lines of a file that a kill left are the first of those wanted. */
function isPrefix(got: Buffer, wanted: Buffer): boolean {
  const lines = got.subarray(0, got.lastIndexOf("\n") + 1);
  return lines.equals(wanted.subarray(0, lines.byteLength));
}
