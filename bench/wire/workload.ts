import type { AlignerOptions } from "../../src/align/AlignerOptions.ts";
import { last, nearest } from "../../src/align/Policy.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import { hertz, type Micros, micros, millis, seconds } from "../../src/units.ts";

/** Frames per second of the four streams: the mix of bar B1 at a hundred times its rates. */
export const RATES: readonly number[] = [3_000, 5_000, 10_000, 20_000];
export const STREAMS: readonly string[] = RATES.map((_, stream) => `s${stream}`);
/** Bytes of one frame. */
export const FRAME_BYTES = 1_024;
/** Grid period: that of the slowest stream. */
export const PERIOD = micros(333);
/** Half of it: the peer's slop and our tolerance. */
export const TOLERANCE = micros(170);
/** Where the grid of a burst starts. */
export const ORIGIN = seconds(1_700_000_000);

/** What each stream is. */
export const DESCRIPTIONS: readonly StreamDescription[] = STREAMS.map((stream, at) => ({
  site: "bench",
  stream,
  modality: "sensor",
  dtype: "u8",
  shape: [FRAME_BYTES],
  rate: hertz(RATES[at] ?? 0),
  unit: "",
  lateness: micros(0),
  idleTimeout: seconds(60),
}));

/** Consecutive frames of one stream that travel as one message. */
export interface BurstMessage {
  readonly stream: number;
  readonly firstSequence: number;
  readonly times: readonly Micros[];
}

/**
 * The messages of a burst, in the order in which they are complete.
 *
 * @param length Seconds of streams.
 * @param chunk Frames in each message; what does not fill one is left out.
 */
export function burstOf(length: number, chunk: number): BurstMessage[] {
  const messages: BurstMessage[] = [];
  for (const [stream, rate] of RATES.entries())
    for (let first = 0; first + chunk <= length * rate; first += chunk)
      messages.push({
        stream,
        firstSequence: first,
        // Off the beat by up to 10 us, always in the same way.
        times: Array.from({ length: chunk }, (_, i) =>
          micros(ORIGIN + ((first + i) * 1e6) / rate + (((first + i) * 7_919 + stream) % 11)),
        ),
      });
  const end = ({ times }: BurstMessage): number => times.at(-1) ?? 0;
  return messages.sort((a, b) => end(a) - end(b));
}

/** A row has the frame nearest to each instant, of each stream. */
export const NEAREST: AlignerOptions = {
  columns: Object.fromEntries(STREAMS.map((stream) => [stream, nearest({ tolerance: TOLERANCE })])),
  skew: millis(250),
};

/** A row has the last frame of each stream, and waits for one at or after its instant. */
export const LAST: AlignerOptions = {
  columns: Object.fromEntries(STREAMS.map((stream) => [stream, last({ maxAge: millis(100) })])),
  skew: millis(250),
};
