/**
 * Bars B1 and B2: the aligner's core against ROS's Python ApproximateTime, rounds interleaved.
 *
 * node --import tsx bench/align/main.ts [--json] [--rounds 5] [--seed 1]
 */
import { parseArgs } from "node:util";

import { Aligner } from "../../src/align/Aligner.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { BENCH_OPTIONS, logOf, mixedStreams } from "./mixedStreams.ts";
import { RosPeer } from "./RosPeer.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);

/** Both get the same 10 s of streams; ours so often that the clock can tell. */
const theirs = mixedStreams(10, seed);
const ours = logOf(theirs);
const REPEATS = 50;

interface Result {
  readonly name: string;
  readonly peer?: string;
  readonly ours: number;
  readonly theirs?: number;
  readonly unit: string;
  readonly ratio?: number;
  readonly bar: string;
  readonly isMet: boolean;
}

interface OurRun {
  readonly framesPerSecond: number;
  readonly worstMs: number;
}

function runOurs(log: readonly LogRecord[]): OurRun {
  let rows = 0;
  // CPU time of the whole process, garbage collection included: a busy machine slows both alike.
  const began = process.cpuUsage();
  for (let i = 0; i < REPEATS; i++) {
    const aligner = new Aligner(BENCH_OPTIONS);
    for (const record of log) rows += aligner.push(record).length;
  }
  const { user, system } = process.cpuUsage(began);
  const elapsed = (user + system) / 1_000;
  if (rows < REPEATS * 300) throw new Error(`bench align: 300 rows a time expected, got ${rows}`);
  return { framesPerSecond: (REPEATS * log.length * 1_000) / elapsed, worstMs: worstPush(log) };
}

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

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

async function measure(): Promise<Result[]> {
  for (let i = 0; i < 3; i++) runOurs(ours);
  const own: OurRun[] = [];
  const peers: Record<number, { ratio: number; rate: number; worstMs: number }[]> = {};
  for (let round = 0; round < rounds; round++)
    for (const queue of [10, 100]) {
      const run = runOurs(ours);
      own.push(run);
      using peer = new RosPeer();
      const found = await peer.run(theirs, queue);
      if (found === undefined) continue;
      const rate = found.frames / found.seconds;
      peers[queue] ??= [];
      peers[queue].push({
        ratio: run.framesPerSecond / rate,
        rate,
        worstMs: found.worst * 1_000,
      });
    }
  const rate = median(own.map(({ framesPerSecond }) => framesPerSecond));
  const results: Result[] = [];
  for (const [queue, bar] of [
    [10, 400],
    [100, 2_000],
  ] as const) {
    const peer = `ros-approximate-q${queue}`;
    const runs = peers[queue];
    if (runs === undefined) {
      process.stderr.write(`${peer}: skipped, python3-message-filters is not installed\n`);
      continue;
    }
    const ratio = median(runs.map((run) => run.ratio));
    results.push({
      name: `B1 aligner core, ${peer}`,
      peer,
      ours: Math.round(rate),
      theirs: Math.round(median(runs.map((run) => run.rate))),
      unit: "frames per CPU second",
      ratio: Math.round(ratio),
      bar: `>= ${bar}x`,
      isMet: ratio >= bar,
    });
  }
  const worst = Math.min(...own.map(({ worstMs }) => worstMs));
  const peerWorst = peers[100]?.map(({ worstMs }) => worstMs);
  results.push({
    name: "B2 worst single push",
    ours: Number(worst.toFixed(3)),
    ...(peerWorst === undefined ? {} : { theirs: Number(median(peerWorst).toFixed(3)) }),
    unit: "ms",
    bar: "<= 1 ms",
    isMet: worst <= 1,
  });
  return results;
}

for (const result of await measure()) {
  if (values.json) console.log(JSON.stringify(result));
  else {
    const { name, unit, ratio, bar, isMet } = result;
    const peer = result.theirs === undefined ? "" : `, peer ${result.theirs} ${unit}`;
    const times = ratio === undefined ? "" : `, ${ratio}x`;
    console.log(
      `${name}: ${result.ours} ${unit}${peer}${times} (${bar}: ${isMet ? "met" : "missed"})`,
    );
  }
}
