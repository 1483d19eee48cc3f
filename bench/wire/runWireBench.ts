import type { Micros } from "../../src/units.ts";
import { settingsIn } from "../align/settings.ts";
import { type Bench, type BenchResult, median } from "../Bench.ts";
import { runPythonPeer, type WireRun } from "./PythonPeer.ts";
import type { PublisherJob } from "./publisher.ts";
import { runOurs } from "./runOurs.ts";
import { burstOf, LAST, NEAREST, PERIOD, RATES, STREAMS } from "./workload.ts";

/** Seconds of streams in a burst: the peer needs longer for as many. */
const BURSTS = {
  one: { length: 1, chunk: 1, parts: 1 },
  chunked: { length: 6, chunk: 64, parts: 1 },
  threeParts: { length: 1, chunk: 1, parts: 3 },
} as const;
const PEER_LENGTH = 0.6;
/** Frames per second of each stream: 10,000 all together. */
const RATE = 2_500;
/** Seconds of frames at a pace. */
const LENGTH = 5;
/** Seconds before: what is compiled at the start is no cost of a frame of a pipeline that runs for days. */
const SETTLE = 10;

/**
 * B3, B4: frames of 1 KiB of four streams at mixed rates, from the socket to rows, one frame a message and 64 in one,
 * against pyzmq, msgpack and ROS's synchroniser with one frame a message; everybody takes messages in one part.
 * Beside them one frame a message in three parts, which publishers send that have not been told of one, for both. B7: how long after the moment a
 * row could be proven it came out. B9: CPU of the receiving process at 10,000 frames a second, after ten seconds of
 * them. Bars: 2.5 times and 15 times the peer; 5 ms at the 99th percentile; 8 % of a core.
 *
 * The peer `python` is pyzmq, msgpack and ROS's ApproximateTimeSynchronizer at queue 10, as ours from the wire to
 * rows; `python-without-rows` only receives and unpacks, to show what the rows cost it.
 *
 * Rates are frames per second of the receiving process's CPU time: other work on the machine does not count.
 *
 * Arguments: `--rounds=N` (5), `--seed` is not used.
 */
export const runWireBench: Bench = async ({ log, args }) => {
  const { rounds } = settingsIn(args);
  const rates = new Rates();
  let peerIsThere = true;
  // First, in a process that has done nothing else: a receiver that has taken bursts before drags their heap along.
  const pace = await cpuAtPace(log);
  for (const { length, chunk, parts } of Object.values(BURSTS)) await burst(length, chunk, parts);
  for (let round = 0; round < rounds; round++) {
    for (const [name, { length, chunk, parts }] of Object.entries(BURSTS))
      rates.add(name, await burst(length, chunk, parts), countOf(length, chunk));
    for (const parts of [1, 3] as const)
      for (const queue of [10, 0]) {
        const job: PublisherJob = { kind: "burst", length: PEER_LENGTH, chunk: 1, parts };
        const frames = countOf(PEER_LENGTH, 1);
        const run = await runPythonPeer(job, frames, queue);
        if (run === undefined) peerIsThere = false;
        else rates.add(`python${queue} in ${parts}`, run, frames);
      }
    log(`round ${round + 1} of ${rounds}: ${rates.lastLine()}`);
  }
  const results: BenchResult[] = [
    rates.result("B3 wire to row, one frame a message", "one", 1),
    rates.result("B4 wire to row, 64 frames a message", "chunked", 1),
    rates.result("wire to row, one frame in three parts", "threeParts", 3),
  ];
  results.push(...(await addedLatency()), pace);
  const skipped = peerIsThere
    ? []
    : ["python: python3-zmq, python3-msgpack or python3-message-filters is not installed"];
  return { bench: "wire", results, skipped };
};

async function burst(length: number, chunk: number, parts: 1 | 3): Promise<WireRun> {
  const job: PublisherJob = { kind: "burst", length, chunk, parts };
  const run = await runOurs(job, countOf(length, chunk), NEAREST);
  // The last rows of a burst wait for frames that never come.
  const wanted = (length * 1e6) / PERIOD - (RATES.length * chunk * 1e6) / 3_000 / PERIOD;
  if (run.sets < 0.9 * wanted)
    throw new Error(`runWireBench: ${wanted} rows expected, got ${run.sets}`);
  return run;
}

/** Frames in a burst. */
function countOf(length: number, chunk: number): number {
  return burstOf(length, chunk).length * chunk;
}

/** Frames per second of CPU time, round by round. */
class Rates {
  readonly #rounds = new Map<string, number[]>();

  add(name: string, { cpu }: WireRun, frames: number): void {
    const rates = this.#rounds.get(name) ?? [];
    this.#rounds.set(name, rates);
    rates.push(frames / cpu);
  }

  lastLine(): string {
    return [...this.#rounds]
      .map(([name, rates]) => `${name} ${Math.round((rates.at(-1) ?? 0) / 1_000)} k/s`)
      .join(", ");
  }

  /** @param parts Of the messages that the peer took. */
  result(name: string, ours: string, parts: 1 | 3): BenchResult {
    const own = this.#rounds.get(ours) ?? [];
    const ratio = (peer: string): number =>
      median((this.#rounds.get(peer) ?? []).map((rate, round) => (own[round] ?? 0) / rate));
    const peers = {
      python: ratio(`python10 in ${parts}`),
      "python-without-rows": ratio(`python0 in ${parts}`),
    };
    return {
      name,
      value: median(own),
      unit: "frames per CPU second",
      better: "higher",
      ratios: Object.fromEntries(Object.entries(peers).filter(([, value]) => value > 0)),
    };
  }
}

/** At 100 frames a second of each stream, one row each 10 ms: 3,000 rows, 30 beyond the 99th percentile. */
async function addedLatency(): Promise<BenchResult[]> {
  const [rate, length] = [100, 30];
  /** By stream, origin times in order. */
  const times = new Map<string, Micros[]>(STREAMS.map((stream) => [stream, []]));
  const rows: { readonly time: Micros; readonly now: Micros }[] = [];
  await runOurs({ kind: "paced", rate, length, chunk: 64 }, rate * length * STREAMS.length, LAST, {
    origin: "now",
    period: 10_000 as Micros,
    hooks: {
      onRecord: (record) => {
        if (record.kind === "DATA")
          times.get(record.chunk.stream)?.push(...record.chunk.originTimes);
      },
      onRow: (time, now) => void rows.push({ time, now }),
    },
  });
  // A row can be proven once each stream has sensed something at or after its instant.
  const added = rows.map(({ time, now }) => {
    const provable = Math.max(
      ...[...times.values()].map((of) => of.find((origin) => origin >= time) ?? now),
    );
    return (now - provable) / 1_000;
  });
  added.sort((a, b) => a - b);
  const at = (share: number): number => added[Math.floor(share * (added.length - 1))] ?? Number.NaN;
  return [0.5, 0.99].map((share) => ({
    name: `B7 latency added to the provable time, p${share * 100}`,
    value: at(share),
    unit: "ms",
    better: "lower" as const,
    ratios: {},
  }));
}

/** Ours in chunks as our outlets send them, the peer one frame a message as Python publishers do. */
async function cpuAtPace(log: (line: string) => void): Promise<BenchResult> {
  const framesIn = (length: number): number => RATE * length * STREAMS.length;
  const share = ({ cpu, seconds }: WireRun): number => (100 * cpu) / seconds;
  const ours: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < 3; round++) {
    const job = { kind: "paced", rate: RATE } as const;
    const own = share(
      await runOurs(
        { ...job, length: SETTLE + LENGTH, chunk: 64 },
        framesIn(SETTLE + LENGTH),
        LAST,
        { origin: "now", settle: framesIn(SETTLE) },
      ),
    );
    ours.push(own);
    const peer = await runPythonPeer({ ...job, length: LENGTH, chunk: 1 }, framesIn(LENGTH), 10);
    if (peer !== undefined) ratios.push(own / share(peer));
    log(`10,000 frames/s: ours ${own.toFixed(1)} %, peer ${peer && share(peer).toFixed(1)} %`);
  }
  return {
    name: "B9 CPU at 10,000 frames a second",
    value: median(ours),
    unit: "% of a core",
    better: "lower",
    ratios: ratios.length === 0 ? {} : { python: median(ratios) },
  };
}
