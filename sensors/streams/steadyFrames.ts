import { micros, replayPasses, type SensedFrame, type SensorContext } from "../../src/sensing.ts";
import { regularRate } from "./regularRate.ts";

/** Something that is replayed at its stream's own rate. */
export interface SteadyReplay {
  /** The sensor, for messages. */
  readonly kind: string;
  /** How long it is, in µs; infinite where it does not end. */
  readonly length: number;
  /**
   * Begins a pass through it.
   *
   * @returns What gives the frame of each instant, in µs from the start, and its place among the frames.
   *   Instants ascend within a pass, which may begin in the middle. The frame is borrowed until the next.
   */
  readonly begin: () => (at: number, place: number) => Uint8Array;
}

/**
 * The frames of a replay that has one in each period of its stream: frame i at i periods from the start.
 *
 * @throws {ConfigError} If the stream has no rate.
 */
export function* steadyFrames(
  { kind, length, begin }: SteadyReplay,
  context: SensorContext,
): Generator<SensedFrame, void, undefined> {
  const rate = regularRate(context.description, kind);
  for (const { start, from, to } of replayPasses(context)) {
    const payloadAt = begin();
    const end = Math.min(to, length);
    for (let place = Math.floor((from * rate) / 1e6); ; place++) {
      const at = Math.round((place * 1e6) / rate);
      if (at >= end) break;
      if (at >= from) yield { originTime: micros(start + at), payload: payloadAt(at, place) };
    }
  }
}
