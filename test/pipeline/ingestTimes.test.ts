import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Aligner } from "../../src/align/Aligner.ts";
import { nearest } from "../../src/align/Policy.ts";
import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import type { Frameset } from "../../src/frames/Frameset.ts";
import { defineStream, type StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { Ingest } from "../../src/pipeline/Ingest.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { hertz, type Micros, micros, millis, seconds } from "../../src/units.ts";

const START = 1_700_000_000_000_000;
const RATE = 100;
const PERIOD = 1e6 / RATE;

function describeStream(stream: string, more: Partial<StreamDescription> = {}): StreamDescription {
  return defineStream({
    site: "lab",
    stream,
    modality: "sensor",
    dtype: "u8",
    shape: [1],
    rate: hertz(RATE),
    unit: "1",
    lateness: millis(0),
    idleTimeout: seconds(10),
    ...more,
  });
}

interface Arrival {
  readonly stream: string;
  readonly sequence: number;
  readonly stamp: number;
  readonly at: number;
  readonly epoch?: number;
}

/** What the ingest makes of frames, each coming in on its own, in the order in which they arrive. */
function logOf(
  streams: readonly StreamDescription[],
  arrivals: readonly Arrival[],
  skew?: ConstructorParameters<typeof Ingest>[0]["skew"],
): LogRecord[] {
  const clock = new DrivenClock(micros(START));
  const ingest = new Ingest({ clock, streams, ...(skew !== undefined && { skew }) });
  const log: LogRecord[] = [];
  ingest.records.subscribe((record) => log.push(record));
  ingest.configure({ version: 1, origin: micros(START), period: millis(40) });
  for (const { stream, sequence, stamp, at, epoch = 1 } of arrivals.toSorted(
    (a, b) => a.at - b.at,
  )) {
    clock.advance(micros(Math.max(clock.now(), at)));
    const chunk = {
      ...{ site: "lab", stream, epoch, firstSequence: sequence, shape: [1] },
      dtype: "u8" as const,
      originTimes: [micros(stamp)],
      arrivalTime: clock.now(),
      payload: Uint8Array.of(sequence & 0xff),
    };
    ingest.accept({ kind: "data", chunk });
  }
  return log;
}

function rowsOf(log: readonly LogRecord[], skew: Micros) {
  const aligner = new Aligner({
    columns: Object.fromEntries(
      ["a", "b"].map((stream) => [stream, nearest({ tolerance: millis(20) })]),
    ),
    skew,
  });
  const rows: Frameset[] = [];
  for (const record of log) rows.push(...aligner.push(record));
  return { rows, streams: aligner.counters().streams };
}

/** Frames of one stream, stamped and arriving as `stamp` and `delay` say. */
function framesOf(
  stream: string,
  count: number,
  stamp: (sequence: number, truth: number) => number,
  delay: () => number = () => 1_000,
): Arrival[] {
  return Array.from({ length: count }, (_, sequence) => {
    const truth = START + sequence * PERIOD;
    return { stream, sequence, stamp: stamp(sequence, truth), at: truth + delay() };
  });
}

describe("the times of a jittered stream", { timeout: 60_000 }, () => {
  const rng = () => Rng.fromSeed(11);

  it("are right to 1 ms from ten seconds on, and stay as stamped unless the stream says jittered", () => {
    const draw = rng();
    const arrivals = framesOf("a", 3_000, (_, truth) => truth + draw.normal(0, 5_000));
    const misses = (timing: "exact" | "jittered") =>
      logOf([describeStream("a", { timing })], arrivals)
        .flatMap((record) => (record.kind === "DATA" ? [record.chunk] : []))
        .filter(({ firstSequence }) => firstSequence >= 1_000)
        .map(({ firstSequence, originTimes }) =>
          Math.abs((originTimes[0] ?? 0) - START - firstSequence * PERIOD),
        )
        .sort((one, other) => one - other);
    const smoothed = misses("jittered");
    expect(smoothed[Math.floor(0.99 * smoothed.length)]).toBeLessThan(1_000);
    const stamped = misses("exact");
    expect(stamped[Math.floor(0.5 * stamped.length)]).toBeGreaterThan(2_000);
  });

  it("are said to be smoothed by a CLOCK record before the first that the line can vouch for", () => {
    const draw = rng();
    const arrivals = framesOf("a", 2_000, (_, truth) => truth + draw.normal(0, 5_000));
    const log = logOf([describeStream("a", { timing: "jittered" })], arrivals);
    const clocks = log.flatMap((record) => (record.kind === "CLOCK" ? [record] : []));
    expect(clocks[0]).toMatchObject({ stream: "a", epoch: 1, offset: 0 });
    expect(clocks.length).toBeLessThan(40);
    const last = clocks.at(-1);
    expect(last?.jitter).toBeGreaterThan(4_000);
    expect(last?.jitter).toBeLessThan(6_500);
    // Two standard errors of a line's end after some twenty seconds.
    expect(last?.uncertainty).toBeLessThan(1_000);
    expect(last?.uncertainty).toBeGreaterThan(200);
    const times = log.map(({ logTime }) => logTime);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  });

  it("are smoothed anew for another boot", () => {
    const first = framesOf("a", 200, (_, truth) => truth);
    // Near enough to the first for the first one's line to draw it in, were it still in force.
    const second = framesOf("a", 200, (_, truth) => truth + 300_123).map((arrival) => ({
      ...arrival,
      epoch: 2,
      at: arrival.at + 3_000_000,
    }));
    const log = logOf([describeStream("a", { timing: "jittered" })], [...first, ...second]);
    const late = log.flatMap((record) =>
      record.kind === "DATA" && record.chunk.epoch === 2 ? [record.chunk.originTimes[0] ?? 0] : [],
    );
    expect(late).toEqual(second.map(({ stamp }) => stamp));
  });

  it("are never out of range nor moved by more than a second, whatever is claimed", () => {
    const stamp = fc.oneof(
      fc.maxSafeNat(),
      fc.nat(500_000),
      fc.integer({ min: START - 2e6, max: START + 2e6 }),
    );
    const sequence = fc.oneof(fc.nat(100), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.array(fc.tuple(sequence, stamp), { maxLength: 80 }), (frames) => {
        const arrivals = frames.map(([number, time], index) => ({
          ...{ stream: "a", sequence: number, stamp: time, at: START + index },
        }));
        const log = logOf([describeStream("a", { timing: "jittered" })], arrivals);
        const times = log.flatMap((record) =>
          record.kind === "DATA" ? record.chunk.originTimes : [],
        );
        expect(times).toHaveLength(frames.length);
        for (const [index, time] of times.entries()) {
          expect(Number.isSafeInteger(time) && time >= 0).toBe(true);
          expect(Math.abs(time - (frames[index]?.[1] ?? 0))).toBeLessThanOrEqual(1_000_100);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("keep what a heartbeat promised: no frame comes before it", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 8_000 }), (seed, sigma) => {
        const draw = Rng.fromSeed(seed);
        const clock = new DrivenClock(micros(START));
        const streams = [describeStream("a", { timing: "jittered" })];
        const ingest = new Ingest({ clock, streams });
        let promised = 0;
        ingest.records.subscribe((record) => {
          if (record.kind === "HEARTBEAT") promised = Math.max(promised, record.until);
          if (record.kind === "DATA")
            expect(record.chunk.originTimes[0]).toBeGreaterThanOrEqual(promised);
        });
        const who = { site: "lab", stream: "a", epoch: 1 };
        let newest = START;
        for (let sequence = 0; sequence < 400; sequence++) {
          clock.advance(micros(clock.now() + PERIOD));
          const stamp = micros(Math.max(newest, START + sequence * PERIOD + draw.normal(0, sigma)));
          newest = stamp;
          const arrivalTime = clock.now();
          const dtype = "u8" as const;
          const body = { dtype, shape: [1], payload: Uint8Array.of(0), originTimes: [stamp] };
          ingest.accept({
            kind: "data",
            chunk: { ...who, firstSequence: sequence, arrivalTime, ...body },
          });
          ingest.accept({ kind: "heartbeat", ...who, until: stamp, at: stamp, arrivalTime });
        }
      }),
      { numRuns: 30 },
    );
  });

  it("give the same rows from the log, read again, as they did when it was written", () => {
    const draw = rng();
    const arrivals = [
      ...framesOf("a", 1_000, (_, truth) => truth + draw.normal(0, 5_000)),
      ...framesOf("b", 1_000, (_, truth) => truth),
    ];
    const streams = [describeStream("a", { timing: "jittered" }), describeStream("b")];
    const log = logOf(streams, arrivals);
    const live = rowsOf(log, millis(200));
    const again = rowsOf(structuredClone(log), millis(200));
    expect(live.rows.length).toBeGreaterThan(200);
    expect(again).toEqual(live);
  });
});

describe("the skew bound of an ingest that tunes it", { timeout: 60_000 }, () => {
  /** Stream b comes up to 300 ms behind a, now more, now less. */
  function arrivals(seed: number): Arrival[] {
    const draw = Rng.fromSeed(seed);
    let lag = 150_000;
    const wander = (): number => {
      lag = Math.min(300_000, Math.max(0, lag + draw.normal(0, 4_000)));
      return lag;
    };
    return [
      ...framesOf("a", 6_000, (_, truth) => truth),
      ...framesOf("b", 6_000, (_, truth) => truth, wander),
    ];
  }
  // What overtakes another frame by a little is no business of the skew bound.
  const streams = [describeStream("a"), describeStream("b", { lateness: millis(50) })];
  const tuned = { initial: millis(60), floor: millis(50), ceiling: seconds(1) };

  function lateOf(log: readonly LogRecord[], from: number): number {
    const before = rowsOf(
      log.filter(({ logTime }) => logTime < from),
      tuned.initial,
    );
    const all = rowsOf(log, tuned.initial);
    expect(before.rows.length).toBeGreaterThan(0);
    return (all.streams["b"]?.late ?? 0) - (before.streams["b"]?.late ?? 0);
  }

  it.each([1, 2, 3])("brings late frames below one in a thousand (seed %i)", (seed) => {
    const from = START + seconds(30);
    const fixed = lateOf(logOf(streams, arrivals(seed)), from);
    const log = logOf(streams, arrivals(seed), tuned);
    const skews = log.flatMap((record) => (record.kind === "SKEW" ? [record.skew] : []));
    expect(skews.length).toBeGreaterThan(0);
    expect(skews.every((skew) => skew >= tuned.floor && skew <= tuned.ceiling)).toBe(true);
    const late = lateOf(log, from);
    expect(fixed).toBeGreaterThan(300);
    expect(late).toBeLessThanOrEqual(3);
  });

  it("is on record where it changed, so that the log read again gives the same rows", () => {
    const log = logOf(streams, arrivals(4), tuned);
    const live = rowsOf(log, tuned.initial);
    expect(rowsOf(structuredClone(log), tuned.initial)).toEqual(live);
    const silent = log.filter(({ kind }) => kind !== "SKEW");
    expect(rowsOf(silent, tuned.initial).streams["b"]).not.toEqual(live.streams["b"]);
  });

  it("stays as it is where nobody asked for anything else", () => {
    const log = logOf(streams, arrivals(5));
    expect(log.some(({ kind }) => kind === "SKEW")).toBe(false);
  });
});
