import type { ClockSample } from "../../src/clock/ClockSample.ts";
import type { PublisherClock } from "../../src/clock/PublisherClock.ts";
import type { Rng } from "../../src/tensor/Rng.ts";
import { micros } from "../../src/units.ts";

/** A publisher whose clock is wrong, at the far end of a path that delays. All times in µs. */
export interface FarEnd {
  /** Its clock minus ours at the start of the simulation. */
  readonly offset: number;
  readonly ppm: number;
  /** Shortest time there, and back. */
  readonly out: number;
  readonly back: number;
  /** Mean of the exponential delay on top of it, there and back. */
  readonly jitterOut: number;
  readonly jitterBack: number;
  /** Share of probes that are never answered. */
  readonly loss: number;
}

/** When every simulation starts, on our clock. */
export const START = 1_700_000_000_000_000;

/** The far end's clock at our time `ours`. */
export function theirs({ offset, ppm }: FarEnd, ours: number): number {
  return ours + offset + (ours - START) * ppm * 1e-6;
}

/** One wave of eight probes, 10 ms apart, begun at our time `at`. */
export function wave(end: FarEnd, at: number, rng: Rng): ClockSample[] {
  const delay = (least: number, mean: number): number => least - mean * Math.log(1 - rng.uniform());
  const samples: ClockSample[] = [];
  for (let probe = 0; probe < 8; probe++) {
    const t0 = at + probe * 10_000;
    const asked = t0 + delay(end.out, end.jitterOut);
    const answered = asked + 50;
    const t3 = answered + delay(end.back, end.jitterBack);
    if (rng.uniform() < end.loss) continue;
    samples.push({
      t0: micros(t0),
      t1: micros(theirs(end, asked)),
      t2: micros(theirs(end, answered)),
      t3: micros(t3),
    });
  }
  return samples;
}

/** By how much `clock` misses at our time `at`, in µs. */
export function missAt(clock: PublisherClock, end: FarEnd, at: number): number {
  return clock.toOurs(micros(theirs(end, at))) - at;
}
