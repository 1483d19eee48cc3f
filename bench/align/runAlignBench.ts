import { Aligner } from "../../src/align/Aligner.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { type Bench, type BenchResult, median } from "../Bench.ts";
import { copyRows } from "./copyRows.ts";
import { BENCH_OPTIONS, logOf, mixedStreams } from "./mixedStreams.ts";
import { RosPeer } from "./RosPeer.ts";
import { settingsIn } from "./settings.ts";

/**
 * Often enough that a look at it takes a tenth of a second: the CPU clock can tell, and what V8 spends on
 * compiling in the background does not outweigh the work itself.
 */
const REPEATS = 400;

/**
 * B1, B2: the aligner's core, one frame a record, against ROS's Python ApproximateTime on the same 10 s of
 * four mixed streams, by CPU time of the whole process. Bars: 400 times the peer at a queue of 10, 2,000
 * times at 100; no push over 1 ms.
 *
 * "B1 floor" is `copyRows` on the same log in the same rounds: what records and rows cost without any
 * aligning.
 *
 * Arguments: `--rounds=N` (5), `--seed=N` (1).
 */
export const runAlignBench: Bench = async ({ log: tell, args }) => {
  const { rounds, seed } = settingsIn(args);
  const frames = mixedStreams(10, seed);
  const log = logOf(frames);
  for (let i = 0; i < 3; i++) for (const rows of [align, copyRows]) rateOf(log, rows);
  const results: BenchResult[] = [];
  const skipped: string[] = [];
  const worst: number[] = [];
  const peerWorst: number[] = [];
  for (const queue of [10, 100]) {
    const peer = `ros-approximate-q${queue}`;
    const own: number[] = [];
    const copied: number[] = [];
    const ratios: number[] = [];
    const floors: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const rate = rateOf(log, align);
      const floor = rateOf(log, copyRows);
      own.push(rate);
      copied.push(floor);
      worst.push(worstPush(log));
      using ros = new RosPeer();
      const run = await ros.run(frames, queue);
      if (run === undefined) continue;
      ratios.push((rate * run.seconds) / run.frames);
      floors.push((floor * run.seconds) / run.frames);
      peerWorst.push(run.worst * 1_000);
      tell(`${peer}, round ${round + 1} of ${rounds}: ${Math.round(ratios.at(-1) ?? 0)} times`);
    }
    if (ratios.length === 0) skipped.push(`${peer}: python3-message-filters is not installed`);
    const unit = "frames per CPU second";
    const better = "higher";
    results.push(
      {
        name: `B1 aligner core, queue ${queue}`,
        value: median(own),
        unit,
        better,
        ratios: ratios.length === 0 ? {} : { [peer]: median(ratios) },
      },
      {
        name: `B1 floor, only copying, queue ${queue}`,
        value: median(copied),
        unit,
        better,
        ratios: floors.length === 0 ? {} : { [peer]: median(floors) },
      },
    );
  }
  // The least of the rounds: what else the machine does only ever adds.
  const least = Math.min(...worst);
  results.push({
    name: "B2 worst single push",
    value: least,
    unit: "ms",
    better: "lower",
    ratios: peerWorst.length === 0 ? {} : { "ros-approximate": least / Math.min(...peerWorst) },
  });
  return { bench: "align", results, skipped };
};

/** Frames per second of CPU time, garbage collection included. */
function rateOf(log: readonly LogRecord[], rowsOf: (log: readonly LogRecord[]) => number): number {
  let rows = 0;
  const began = process.cpuUsage();
  for (let i = 0; i < REPEATS; i++) rows += rowsOf(log);
  const { user, system } = process.cpuUsage(began);
  if (rows < REPEATS * 300) throw new Error(`runAlignBench: 300 rows a time expected, got ${rows}`);
  return (REPEATS * log.length * 1e6) / (user + system);
}

/** How many rows the aligner makes of a log. */
function align(log: readonly LogRecord[]): number {
  const aligner = new Aligner(BENCH_OPTIONS);
  let rows = 0;
  for (const record of log) rows += aligner.push(record).length;
  return rows;
}

/** Milliseconds. */
function worstPush(log: readonly LogRecord[]): number {
  const aligner = new Aligner(BENCH_OPTIONS);
  let worst = 0;
  let before = performance.now();
  for (const record of log) {
    aligner.push(record);
    const now = performance.now();
    worst = Math.max(worst, now - before);
    before = now;
  }
  return worst;
}
