import fc from "fast-check";

import { Aligner } from "../../src/align/Aligner.ts";
import type { AlignerOptions } from "../../src/align/AlignerOptions.ts";
import { exact, last, linear, nearest, type Policy, window } from "../../src/align/Policy.ts";
import type { Frameset } from "../../src/frames/Frameset.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { hertz, type Micros, micros, millis } from "../../src/units.ts";

export const SITE = "lab";

/** One stream of a scenario: what it sends, in the order in which it arrives. */
export interface ScenarioStream {
  readonly name: string;
  readonly policy: Policy;
  readonly description: StreamDescription;
  readonly frames: readonly ScenarioFrame[];
  /** Its records in order of arrival; the last one closes it. */
  readonly records: readonly LogRecord[];
  readonly promises: readonly number[];
}

export interface ScenarioFrame {
  readonly time: number;
  readonly sequence: number;
  readonly arrival: number;
  readonly value: number;
}

export interface Scenario {
  readonly origin: number;
  readonly period: number;
  readonly streams: readonly ScenarioStream[];
}

export interface ScenarioOptions {
  /** Longest way from sensor to log, in µs. */
  readonly maxDelay?: number;
  /** Whether streams deliver out of order within their lateness. */
  readonly disorder?: boolean;
  readonly maxStreams?: number;
  readonly heartbeats?: boolean;
  /** Whether frames travel several to a chunk, and so are as late as its last one. */
  readonly chunks?: boolean;
  /** Longest hole in a stream, in µs. */
  readonly maxGap?: number;
}

/** Seeds of endless supplies of choices. */
export const anyPicks: fc.Arbitrary<number> = fc.integer({ min: 0, max: 2 ** 31 - 1 });

/** An endless supply of integers, 0 to 2³⁰ − 1: Marsaglia's xorshift. */
export function picks(seed: number): () => number {
  let state = seed + 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % 2 ** 30;
  };
  // The first few still show how small the seed is.
  for (let i = 0; i < 8; i++) next();
  return next;
}

const ms = (least: number, most: number): fc.Arbitrary<Micros> =>
  fc.integer({ min: least, max: most }).map(millis);

/** Any policy, with bounds of the size of the periods and gaps of a scenario. */
export const anyPolicy: fc.Arbitrary<Policy> = fc.oneof(
  fc.constant(exact()),
  ms(0, 60).map((tolerance) => nearest({ tolerance })),
  ms(0, 120).map((maxAge) => last({ maxAge })),
  ms(1, 150).map((maxSpan) => linear({ maxSpan })),
  fc
    .record({
      from: fc.integer({ min: -120, max: 20 }),
      length: fc.integer({ min: 1, max: 100 }),
      count: fc.oneof(fc.constant("any" as const), fc.integer({ min: 1, max: 4 })),
      aggregate: fc.constantFrom("concatenate" as const, "mean" as const, "last" as const),
    })
    .map(({ from, length, count, aggregate }) =>
      window({ from: millis(from), to: millis(from + length), count, aggregate }),
    ),
);

/** Times on a coarse raster, so that exact hits and ties of distance happen often. */
const raster = fc.constantFrom(1, 1_000, 5_000, 10_000);

function anyStream(name: string, options: ScenarioOptions): fc.Arbitrary<ScenarioStream> {
  const {
    maxDelay = 100_000,
    disorder = true,
    heartbeats = true,
    maxGap = 300_000,
    chunks = true,
  } = options;
  return raster.chain((step) =>
    fc
      .record({
        policy: anyPolicy,
        lateness: disorder ? fc.constantFrom(0, 0, 20_000, 70_000) : fc.constant(0),
        start: fc.integer({ min: -100_000 / step, max: 200_000 / step }),
        gaps: fc.array(
          fc.oneof(
            { weight: 8, arbitrary: fc.integer({ min: 1, max: Math.ceil(60_000 / step) }) },
            { weight: 1, arbitrary: fc.integer({ min: 1, max: Math.ceil(maxGap / step) }) },
          ),
          { minLength: 0, maxLength: 25, size: "max" },
        ),
        noise: anyPicks,
        delay: fc.integer({ min: 0, max: maxDelay }),
        chunk: fc.integer({ min: 1, max: 4 }),
        heartbeatEvery: fc.integer({ min: 2, max: 6 }),
      })
      .map((drawn): ScenarioStream => {
        const { policy, lateness, start, gaps, noise, chunk, heartbeatEvery } = drawn;
        const next = picks(noise);
        const random = (most: number): number => next() % (most + 1);
        let time = 1_000_000 + start * step;
        const frames = gaps.map((gap, sequence): ScenarioFrame => {
          time += gap * step;
          const arrival = time + Math.min(drawn.delay, maxDelay - random(maxDelay));
          return { time, sequence, arrival, value: random(1_000_000) / 64 };
        });
        const order = frames
          .map((frame) => ({ frame, at: frame.time + random(Math.max(0, lateness - 1)) }))
          .sort((a, b) => a.at - b.at)
          .map(({ frame }) => frame);
        const records: LogRecord[] = [];
        const promises: number[] = [];
        const size = lateness > 0 || !chunks ? 1 : chunk;
        for (let i = 0; i < order.length; i += size) {
          const some = order.slice(i, i + size);
          records.push(dataRecord(name, some));
          const rest = order.slice(i + size);
          if (!heartbeats || random(heartbeatEvery) !== 0 || rest.length === 0) continue;
          const until = Math.min(...rest.map((frame) => frame.time));
          promises.push(until);
          // Said when it is due: its place among the arrivals is that of the frame before it.
          const logTime = Math.max(until, arrivalOf(records.at(-1)));
          records.push({
            kind: "HEARTBEAT",
            logTime: micros(logTime),
            stream: name,
            until: micros(until),
          });
        }
        const ended = Math.max(0, ...records.map((record) => record.logTime)) + 1;
        records.push({ kind: "CLOSED", logTime: micros(ended), stream: name });
        const description = describeStream(name, lateness);
        return { name, policy, description, frames, records, promises };
      }),
  );
}

/** A handful of streams with their own rates, jitter, gaps, disorder and policies, and a grid. */
export function anyScenario(options: ScenarioOptions = {}): fc.Arbitrary<Scenario> {
  const names = ["a", "b", "c", "d"].slice(0, options.maxStreams ?? 4);
  return fc
    .record({
      period: fc.constantFrom(10_000, 20_000, 40_000, 70_000),
      origin: fc.integer({ min: -5, max: 30 }).map((steps) => 1_000_000 + steps * 5_000),
      count: fc.integer({ min: 1, max: names.length }),
      all: fc.tuple(...names.map((name) => anyStream(name, options))),
    })
    .map(({ period, origin, count, all }) => ({ period, origin, streams: all.slice(0, count) }));
}

export function describeStream(stream: string, lateness: number): StreamDescription {
  return {
    site: SITE,
    stream,
    modality: "sensor",
    dtype: "f64",
    shape: [],
    rate: hertz(25),
    unit: "",
    lateness: micros(lateness),
    idleTimeout: millis(200),
  };
}

export function dataRecord(stream: string, frames: readonly ScenarioFrame[], epoch = 1): LogRecord {
  const arrival = Math.max(...frames.map((frame) => frame.arrival));
  return {
    kind: "DATA",
    logTime: micros(arrival),
    chunk: {
      site: SITE,
      stream,
      epoch,
      firstSequence: frames[0]?.sequence ?? 0,
      originTimes: frames.map(({ time }) => micros(time)),
      arrivalTime: micros(arrival),
      dtype: "f64",
      shape: [],
      payload: new Uint8Array(Float64Array.from(frames, ({ value }) => value).buffer),
    },
  };
}

export function configRecord(
  { origin, period, streams }: Scenario,
  version = 1,
): Extract<LogRecord, { kind: "CONFIG" }> {
  return {
    kind: "CONFIG",
    logTime: micros(0),
    version,
    origin: micros(origin),
    period: micros(period),
    streams: streams.map(({ description }) => description),
  };
}

/** The streams' records merged as the seed says, each stream's own order kept. */
export function merged(queues: readonly (readonly LogRecord[])[], seed: number): LogRecord[] {
  const next = picks(seed);
  const rest = queues.map((queue) => [...queue]);
  const out: LogRecord[] = [];
  for (;;) {
    const open = rest.filter((queue) => queue.length > 0);
    const queue = open[next() % Math.max(1, open.length)];
    const record = queue?.shift();
    if (record === undefined) return out;
    out.push(record);
  }
}

/** The streams' records in order of log time: the way a healthy machine would log them. */
export function byArrival(queues: readonly (readonly LogRecord[])[]): LogRecord[] {
  return queues.flat().sort((a, b) => a.logTime - b.logTime);
}

export function optionsOf({ streams }: Scenario, skew: Micros): AlignerOptions {
  return {
    columns: Object.fromEntries(streams.map(({ name, policy }) => [name, policy])),
    skew,
  };
}

export const FOREVER = micros(Number.POSITIVE_INFINITY);

/** The rows of a log. */
export function rowsOf(options: AlignerOptions, log: Iterable<LogRecord>): Frameset[] {
  const aligner = new Aligner(options);
  const rows: Frameset[] = [];
  for (const record of log) rows.push(...aligner.push(record));
  return rows;
}

/** Rows as text, byte for byte; `reasons: false` leaves out why a value is missing. */
export function render(rows: readonly Frameset[], { reasons = true } = {}): string[] {
  return rows.map(({ cells, ...row }) =>
    JSON.stringify({
      ...row,
      cells: Object.fromEntries(
        Object.entries(cells).map(([name, cell]) => {
          if (cell.presence !== "missing")
            return [name, { ...cell, payload: Buffer.from(cell.payload).toString("hex") }];
          return [name, reasons ? cell : cell.presence];
        }),
      ),
    }),
  );
}

/** A column of rows as text, by instant. */
export function column(rows: readonly Frameset[], name: string): Map<number, string> {
  return new Map(
    rows.map(({ time, cells }) => {
      const cell = cells[name];
      if (cell === undefined || cell.presence === "missing") return [time, "missing"];
      return [
        time,
        JSON.stringify({ ...cell, payload: Buffer.from(cell.payload).toString("hex") }),
      ];
    }),
  );
}

function arrivalOf(record: LogRecord | undefined): number {
  return record?.logTime ?? 0;
}

/** The same frames, one to a record. */
export function singly(record: LogRecord): LogRecord[] {
  if (record.kind !== "DATA") return [record];
  const { chunk } = record;
  const size = chunk.payload.byteLength / chunk.originTimes.length;
  if (!Number.isInteger(size)) return [record];
  return chunk.originTimes.map((time, i) => ({
    ...record,
    chunk: {
      ...chunk,
      firstSequence: chunk.firstSequence + i,
      originTimes: [time],
      payload: chunk.payload.subarray(i * size, (i + 1) * size),
    },
  }));
}
