import type { Micros } from "../units.ts";

/** Round trips longer than this tell nothing. */
const LONGEST_ROUND_TRIP = 1_000_000;

/** The four times of one probe: out and back between our clock and a publisher's. */
export interface ClockSample {
  /** When we asked, on our clock. */
  readonly t0: Micros;
  /** When it was asked, on its clock. */
  readonly t1: Micros;
  /** When it answered, on its clock. */
  readonly t2: Micros;
  /** When we had the answer, on our clock. */
  readonly t3: Micros;
}

/** Time on the way, there and back, in µs: (t3 − t0) − (t2 − t1). */
export function roundTripOf({ t0, t1, t2, t3 }: ClockSample): number {
  return t3 - t0 - (t2 - t1);
}

/**
 * The publisher's clock minus ours, in µs: ((t1 − t0) + (t2 − t3)) / 2.
 *
 * Wrong by half the difference of the two ways, hence by half the round trip at most.
 *
 * Mills 1992, "Network Time Protocol (Version 3)", RFC 1305, section 3.4.4.
 */
export function offsetOf({ t0, t1, t2, t3 }: ClockSample): number {
  return (t1 - t0 + (t2 - t3)) / 2;
}

/** Whether a sample can be: answered after it was asked, and less than a second on the way. */
export function isPossible(sample: ClockSample): boolean {
  const roundTrip = roundTripOf(sample);
  return sample.t2 >= sample.t1 && roundTrip >= 0 && roundTrip <= LONGEST_ROUND_TRIP;
}

/** The sample of a wave that was least delayed, and so errs least; of two alike the earlier. */
export function leastDelayed(wave: readonly ClockSample[]): ClockSample | undefined {
  let best: ClockSample | undefined;
  for (const sample of wave)
    if (best === undefined || roundTripOf(sample) < roundTripOf(best)) best = sample;
  return best;
}

/**
 * How much delay is to be expected in even the least delayed sample of a wave, in µs.
 *
 * For n exponential delays of mean m the least is m/n on average and lies about m·(ln 2 − 1/n) below the
 * median. A few may have been delayed alike by chance, and a single one may be all delay: least/n² at least.
 */
export function hiddenDelay(wave: readonly ClockSample[]): number {
  const roundTrips = wave.map(roundTripOf).sort((a, b) => a - b);
  const [least = 0] = roundTrips;
  const median = roundTrips[roundTrips.length >> 1] ?? 0;
  const answers = roundTrips.length;
  return Math.max((2 * (median - least)) / answers, least / answers ** 2);
}
