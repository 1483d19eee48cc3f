import type { AlignerOptions } from "../../src/align/Aligner.ts";
import { nearest } from "../../src/align/Policy.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { hertz, micros, millis } from "../../src/units.ts";

/** Frames per second of the mixed streams of bar B1. */
export const RATES: readonly number[] = [30, 50, 100, 200];

/** Made once: the peer too is handed the same objects each time. */
const NAMES = RATES.map((_, stream) => `s${stream}`);

/** Half a period of the slowest stream: the peer's slop and our tolerance. */
export const TOLERANCE = millis(17);

/** One frame, in the order in which frames arrive. */
export interface BenchFrame {
  readonly stream: number;
  /** Origin time, in µs. */
  readonly time: number;
  /** In µs. */
  readonly arrival: number;
}

/**
 * Frames of all streams over `length` seconds, with 1 ms of jitter and up to 5 ms on the way.
 *
 * Each stream stays in its own order, as a socket does not overtake itself.
 */
export function mixedStreams(length: number, seed: number): BenchFrame[] {
  const rng = Rng.fromSeed(seed);
  const unit = (): number => rng.nextUint32() / 2 ** 32;
  const frames = RATES.flatMap((rate, stream) => {
    let time = 0;
    let arrival = 0;
    return Array.from({ length: Math.floor(length * rate) }, (_, i): BenchFrame => {
      time = Math.max(time + 1, Math.round(1e6 + (i * 1e6) / rate + 1_000 * unit()));
      arrival = Math.max(arrival, Math.round(time + 5_000 * unit()));
      return { stream, time, arrival };
    });
  });
  return frames.sort((a, b) => a.arrival - b.arrival);
}

/** The configuration of the streams, on a grid of the slowest one's period. */
export function configOf(): Extract<LogRecord, { kind: "CONFIG" }> {
  return {
    kind: "CONFIG",
    logTime: micros(0),
    version: 1,
    origin: micros(1_000_000),
    period: millis(33),
    streams: RATES.map((rate, stream) => ({
      site: "bench",
      stream: `s${stream}`,
      modality: "sensor",
      dtype: "f32",
      shape: [],
      rate: hertz(rate),
      unit: "",
      lateness: micros(0),
      idleTimeout: millis(200),
    })),
  };
}

/** The same frames as a log: a configuration, then one DATA record for each frame. */
export function logOf(frames: readonly BenchFrame[]): LogRecord[] {
  const sequences = RATES.map(() => 0);
  const payload = new Uint8Array(4);
  const data = frames.map(({ stream, time, arrival }): LogRecord => {
    const firstSequence = sequences[stream] ?? 0;
    sequences[stream] = firstSequence + 1;
    return {
      kind: "DATA",
      logTime: micros(arrival),
      chunk: {
        site: "bench",
        stream: NAMES[stream] ?? "",
        epoch: 1,
        firstSequence,
        originTimes: [micros(time)],
        arrivalTime: micros(arrival),
        dtype: "f32",
        shape: [],
        payload,
      },
    };
  });
  return [configOf(), ...data];
}

/** What the aligner of the benchmark is told. */
export const BENCH_OPTIONS: AlignerOptions = {
  columns: Object.fromEntries(RATES.map((_, i) => [`s${i}`, nearest({ tolerance: TOLERANCE })])),
  skew: millis(250),
};
