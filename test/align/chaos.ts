import fc from "fast-check";

import type { AlignerOptions } from "../../src/align/AlignerOptions.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { type Micros, micros, millis } from "../../src/units.ts";
import { anyPolicy, dataRecord, describeStream } from "./scenario.ts";

/** Where the first grid of any chaos starts, and how far its instants are apart. */
export const ORIGIN = 1_000_000;
export const PERIOD = 40_000;

const STREAMS = ["a", "b", "c", "d"] as const;
const known = fc.constantFrom(...STREAMS);

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("DATA" as const),
      stream: fc.oneof(
        { weight: 20, arbitrary: known },
        { weight: 1, arbitrary: fc.constant("x") },
      ),
      behind: fc.oneof(
        { weight: 10, arbitrary: fc.integer({ min: 0, max: 60 }) },
        { weight: 2, arbitrary: fc.integer({ min: -1_500, max: 800 }) },
      ),
      gaps: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 2 }),
      epoch: fc.integer({ min: 1, max: 3 }),
      sequence: fc.integer({ min: 0, max: 400 }),
      torn: fc.integer({ min: 0, max: 30 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("HEARTBEAT" as const),
      stream: known,
      ahead: fc.integer({ min: -200, max: 1_400 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("IDLE" as const, "ACTIVE" as const, "CLOSED" as const),
      stream: known,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("SKEW" as const),
      skew: fc.constantFrom(millis(0), millis(60), millis(1e6)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("CONFIG" as const),
      ahead: fc.integer({ min: -300, max: 300 }),
      period: fc.constantFrom(millis(15), millis(40)),
      streams: fc.subarray([...STREAMS], { minLength: 1 }),
      lateness: fc.constantFrom(0, 30_000),
    }),
  },
);

/** Now and then everyone is silent for long. */
const pause = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: 0, max: 30 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
);

/** A log in which everything goes wrong that can: late, repeated, reordered, ill-formed, restarted. */
export const anyChaos: fc.Arbitrary<LogRecord[]> = fc
  .array(fc.record({ step, pause }), {
    maxLength: 150,
    size: "max",
  })
  .map((steps) => {
    let now = ORIGIN;
    let version = 1;
    const first = config(now, version, 0, micros(PERIOD), STREAMS, 0);
    const log = steps.map(({ step, pause }): LogRecord => {
      now += pause * 1_000;
      switch (step.kind) {
        case "DATA": {
          let time = now - step.behind * 1_000;
          const times = [0, ...step.gaps].map((gap) => {
            time += gap * 1_000;
            return time;
          });
          const frames = times.map((time, i) => {
            const sequence = step.sequence + i;
            return { time, sequence, arrival: now, value: sequence };
          });
          const record = dataRecord(step.stream, frames, step.epoch);
          if (step.torn > 0 || record.kind !== "DATA") return record;
          const payload = record.chunk.payload.subarray(1);
          return { ...record, chunk: { ...record.chunk, payload } };
        }
        case "HEARTBEAT": {
          const until = micros(now + step.ahead * 1_000);
          return { kind: "HEARTBEAT", logTime: micros(now), stream: step.stream, until };
        }
        case "SKEW":
          return { ...step, logTime: micros(now) };
        case "CONFIG":
          version++;
          // `a` may be the primary, which every configuration must name.
          return config(
            now,
            version,
            step.ahead,
            step.period,
            [...new Set(["a", ...step.streams])],
            step.lateness,
          );
        default:
          return { kind: step.kind, logTime: micros(now), stream: step.stream };
      }
    });
    return [first, ...log];
  });

/**
 * Options for any chaos: small buffers, so that they overflow; on the grid, or at the frames of `a`; with
 * and without optional streams, revisions, and an end to rows with nothing in them.
 */
export const anyChaosOptions: fc.Arbitrary<AlignerOptions> = fc
  .record({
    columns: fc.record({ a: anyPolicy, b: anyPolicy, c: anyPolicy, d: anyPolicy }),
    skew: fc.constantFrom(millis(50), millis(250), millis(1e9)),
    capacity: fc.constantFrom(4, 8_192),
    a: fc.constantFrom("primary" as const, "required" as const, "optional" as const),
    optional: fc.subarray(["b", "c", "d"]),
    revisionHorizon: fc.constantFrom(undefined, undefined, millis(100), millis(1e9)),
    longestEmpty: fc.constantFrom(undefined, undefined, micros(0), millis(90)),
  })
  .map(({ a, optional, revisionHorizon, longestEmpty, ...options }) => ({
    ...options,
    roles: { a, ...Object.fromEntries(optional.map((name) => [name, "optional" as const])) },
    ...(revisionHorizon !== undefined && { revisionHorizon }),
    ...(longestEmpty !== undefined && { longestEmpty }),
  }));

function config(
  now: number,
  version: number,
  aheadMs: number,
  period: Micros,
  streams: readonly string[],
  lateness: number,
): LogRecord {
  return {
    kind: "CONFIG",
    logTime: micros(now),
    version,
    origin: micros(now + aheadMs * 1_000),
    period,
    streams: streams.map((stream) => describeStream(stream, lateness)),
  };
}
