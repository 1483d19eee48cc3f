import type { Clock } from "../clock/Clock.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { Micros } from "../units.ts";

/** One block as a sensor gives it: when it happened, and its elements. */
export interface SensedFrame {
  /** Start of the block, in µs since the Unix epoch. */
  readonly originTime: Micros;
  /** One frame in the stream's dtype and shape, little endian. The host copies it. */
  readonly payload: Uint8Array;
}

/** What a running sensor is given. */
export interface SensorContext {
  /** The stream it is to feed: what it cannot produce it must refuse. */
  readonly description: StreamDescription;
  /**
   * What frames are stamped with: the clock of the sensor's machine, right or wrong (docs/clocks.md), or
   * the pipeline's where that is driven.
   */
  readonly clock: Clock;
  /** Where offset 0 of something replayed falls, in µs since the Unix epoch; alike for all sensors of a feed. */
  readonly origin: Micros;
  /** Time after which something replayed starts over, in µs; absent where it plays once. */
  readonly repeat?: Micros;
  /** The first instant wanted: a replay seeks here, so that a restarted sensor rejoins at "now". */
  readonly from: Micros;
  /** Aborts when the sensor is to stop. */
  readonly signal: AbortSignal;
}

/**
 * A source of frames of one stream.
 *
 * - `live`: frames come as they are sensed, stamped with the context's clock.
 * - `replay`: frames are known beforehand and given as fast as they are asked for, in order of time; the
 *   host holds each back until the clock has passed its end, and drops what is from before `from`.
 *
 * The end of the frames is the end of the stream. Running out of device throws `SensorError`.
 */
export interface Sensor {
  readonly pace: "live" | "replay";
  /** How long after its origin time a live frame may still be given, in µs; 0 unless stated. */
  readonly latency?: Micros;
  frames(context: SensorContext): AsyncIterable<SensedFrame>;
}

/** One device of this machine. */
export interface SensorDevice {
  /** What it calls itself. */
  readonly name: string;
  /** What makes a sensor use it. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Whether a sensor would work on this machine, and if not, what to do about it. */
export type SensorProbe =
  | { readonly works: true; readonly detail: string }
  | { readonly works: false; readonly detail: string; readonly fix: string };

/** One stream that a sensor can give, and how to have it. */
export interface StreamOffer {
  /** What the stream is like unless somebody wants it otherwise. */
  readonly description: Omit<StreamDescription, "site">;
  /** The options under which the sensor gives this stream. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * A kind of sensor: what a file in `sensors/` exports, under the file's own name.
 *
 * @example `export const microphone: SensorKind = { ... }` in `sensors/microphone.ts`
 */
export interface SensorKind {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /**
   * A sensor with these options, as they came from a command line or a pipeline.
   *
   * @throws {ConfigError} If an option is unknown, missing or out of range.
   */
  create(options: Readonly<Record<string, unknown>>): Sensor;
  /** The option that what is written behind the kind goes to: `path`, for `file:film.mp4`. */
  readonly argument?: string;
  /**
   * The streams that a sensor with these options would give where nobody describes any, what it is mostly
   * wanted for first. None, or no such function, where it may be anything: then it has to be told.
   *
   * @throws {ConfigError} If an option is out of range.
   * @throws {SensorError} If a file that it would read cannot be looked into.
   */
  offers?(options: Readonly<Record<string, unknown>>): Promise<readonly StreamOffer[]>;
  /** The devices of this machine that it could sense with; absent where it needs none. */
  devices?(): Promise<readonly SensorDevice[]>;
  /** Looks for what the sensor needs, without using it. */
  probe(): Promise<SensorProbe>;
}
