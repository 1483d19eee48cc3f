import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { recoverLog } from "../../src/log/recoverLog.ts";
import type { PipelineDefinition } from "../../src/pipeline/definePipeline.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { recordsIn } from "./recordsIn.ts";
import { rowDigests } from "./rowDigests.ts";

/** A session is killed so many ms after it began to write, at most. */
const LONGEST_LIFE = 700;

export interface KillOptions {
  /** Whose policies form the rows. */
  readonly definition: PipelineDefinition;
  /** What the sessions record; a log. */
  readonly recording: string;
  /** Where they record it to; must not exist. What a whole recording came to is left there. */
  readonly log: string;
  readonly kills: number;
  readonly seed: number;
  /** Called after each kill. */
  readonly onKill?: (kill: number) => void;
}

/** What came of sessions that were killed and resumed. */
export interface KillReport {
  readonly kills: number;
  /** Whole recordings that were finished in between. */
  readonly finished: number;
  /** Kills after which something was lost that had been there, or a row was not the uninterrupted one's. */
  readonly wrong: number;
}

/**
 * Records, kills the recorder with SIGKILL at a random moment, looks at what it left, and goes on there,
 * as often as asked; then lets the last session finish.
 *
 * After each kill everything that was readable before still is, and the rows of the log are the first of
 * those of the uninterrupted recording; after each whole recording they are all of them.
 */
export async function killSessions(options: KillOptions): Promise<KillReport> {
  const { definition, recording, log, kills, seed, onKill } = options;
  const wanted = await rowDigests(definition, recording);
  const rng = Rng.fromSeed(seed);
  let done = 0;
  let finished = 0;
  let wrong = 0;
  let kept = 0;
  let isWhole = false;
  while (done < kills || !isWhole) {
    const life = done < kills ? rng.uniform() * LONGEST_LIFE : Number.POSITIVE_INFINITY;
    const wasKilled = await session(log, recording, life);
    const records = await recordsIn(log);
    const rows = await rowDigests(definition, log);
    isWhole = !wasKilled;
    const isPrefix = rows.every((row, at) => row === wanted[at]);
    if (wasKilled) {
      done++;
      onKill?.(done);
      if (records < kept || !isPrefix) wrong++;
      kept = records;
      continue;
    }
    finished++;
    const { wasClosed } = await recoverLog(log);
    if (!wasClosed || !isPrefix || rows.length !== wanted.length) wrong++;
    kept = 0;
    if (done < kills) await rm(log);
  }
  return { kills: done, finished, wrong };
}

/** Lets a session live for so many ms of writing. @returns Whether it was killed, not done before. */
async function session(log: string, recording: string, life: number): Promise<boolean> {
  const script = fileURLToPath(new URL("sessionWriter.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, log, recording], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  const timer = Number.isFinite(life) ? setTimeout(() => child.kill("SIGKILL"), life) : undefined;
  const [code, signal] = await ended;
  clearTimeout(timer);
  if (signal === null && code !== 0) throw new Error(`session: expected to end well, got ${code}`);
  return signal === "SIGKILL";
}
