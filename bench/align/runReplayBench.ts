import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Aligner } from "../../src/align/Aligner.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { LogWriter } from "../../src/log/LogWriter.ts";
import { readLog } from "../../src/log/readLog.ts";
import { type Bench, median } from "../Bench.ts";
import { BENCH_OPTIONS, logOf, mixedStreams } from "./mixedStreams.ts";
import { settingsIn } from "./settings.ts";

/** Seconds of recording. */
const LENGTH = 60;

/**
 * B10: a recording of a minute from the disk through the aligner, and whether each time gives the same
 * rows, byte for byte. Bars: 20 times real time, one outcome.
 *
 * Arguments: `--rounds=N` (5), `--seed=N` (1).
 */
export const runReplayBench: Bench = async ({ args }) => {
  const { rounds, seed } = settingsIn(args);
  const folder = await mkdtemp(join(tmpdir(), "sensorium-bench-"));
  const path = join(folder, "minute.mcap");
  const onFailure = (error: Error): void => {
    throw error;
  };
  const writer = await LogWriter.open(path, { clock: new SystemClock(), onFailure });
  for (const record of logOf(mixedStreams(LENGTH, seed))) writer.append(record);
  await writer.close();
  const speeds: number[] = [];
  const digests = new Set<string>();
  for (let round = 0; round < rounds + 1; round++) {
    const began = performance.now();
    digests.add(await replayed(path));
    if (round > 0) speeds.push((LENGTH * 1_000) / (performance.now() - began));
  }
  await rm(folder, { recursive: true });
  return {
    bench: "replay",
    results: [
      {
        name: "B10 replay of log and aligner",
        value: median(speeds),
        unit: "times real time",
        better: "higher",
        ratios: {},
      },
      {
        name: "B10 different outcomes",
        value: digests.size,
        unit: "outcomes",
        better: "lower",
        ratios: {},
      },
    ],
    skipped: [],
  };
};

/** A digest of all rows of a log. */
async function replayed(path: string): Promise<string> {
  const aligner = new Aligner(BENCH_OPTIONS);
  const hash = createHash("sha256");
  for await (const record of readLog(path))
    for (const { id, cells } of aligner.push(record)) {
      hash.update(id);
      for (const [name, cell] of Object.entries(cells)) {
        hash.update(name).update(cell.presence);
        if (cell.presence !== "missing") hash.update(cell.payload).update(String(cell.originTime));
      }
    }
  return hash.digest("hex");
}
