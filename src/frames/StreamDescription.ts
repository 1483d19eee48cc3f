import { ConfigError } from "../errors.ts";
import type { Hertz, Micros } from "../units.ts";
import { DTYPE_BYTES, type DType } from "./DType.ts";
import type { Modality } from "./Modality.ts";

/** What is known about a stream before its first frame. Immutable for the life of a pipeline. */
export interface StreamDescription {
  /** Place the stream belongs to; one log per site. Letters, digits, `.`, `_`, `-`. */
  readonly site: string;
  /** Name of the stream, unique within the site. Letters, digits, `.`, `_`, `-`. */
  readonly stream: string;
  readonly modality: Modality;
  readonly dtype: DType;
  /** Shape of one frame; `[]` is a scalar. Ignored for `utf8`, whose frames vary in length. */
  readonly shape: readonly number[];
  /** Frames per second, or `irregular` when frames come as things happen. */
  readonly rate: Hertz | "irregular";
  /** How long one frame lasts from its origin time on: a block of sound. Absent for an instant: a picture. */
  readonly span?: Micros;
  /**
   * - `exact` (unless given): each frame's time says when it was sensed, as well as its clock can.
   * - `jittered`: stamped when it arrived somewhere, or by a busy machine. The pipeline takes the jitter out
   *   of the times of a stream with a rate as they come in (docs/clocks.md).
   */
  readonly timing?: "exact" | "jittered";
  /** Unit of one element, for axis labels: "PCM", "grey level", "m/s²". */
  readonly unit: string;
  /** What the numbers of a frame are, in their order: as many names as numbers. Absent where nobody says. */
  readonly channels?: readonly string[];
  /** How far out of order frames may arrive and still be used (alignment.md 9: L_s), in µs. */
  readonly lateness: Micros;
  /** Silence after which the stream is declared idle (I_s), in µs of our clock. */
  readonly idleTimeout: Micros;
}

const NAME = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Whether a site or a stream may be called so: 1 to 64 letters, digits, dots, dashes and underscores, and
 * nothing that every object has a member of (`constructor`, `__proto__`), since objects are keyed by them.
 */
export function isName(value: unknown): value is string {
  return typeof value === "string" && NAME.test(value) && !(value in Object.prototype);
}

/** Bytes of one frame of the stream; undefined for `utf8`, whose frames vary in length. */
export function frameBytes({
  dtype,
  shape,
}: Pick<StreamDescription, "dtype" | "shape">): number | undefined {
  if (dtype === "utf8") return undefined;
  return shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]);
}

/**
 * Checks a description once, where it is written down.
 *
 * @returns The same description.
 * @throws {ConfigError} If a name, size or time is out of range; the message names the field.
 */
export function defineStream(description: StreamDescription): StreamDescription {
  const where = `stream ${description.stream}`;
  if (!isName(description.site))
    throw new ConfigError(
      where,
      `expected a site that matches ${NAME} and is no member of every object, got ${JSON.stringify(description.site)}`,
    );
  if (!isName(description.stream))
    throw new ConfigError(
      where,
      `expected a name that matches ${NAME} and is no member of every object, got ${JSON.stringify(description.stream)}`,
    );
  if (!description.shape.every((size) => Number.isSafeInteger(size) && size > 0))
    throw new ConfigError(where, `shape must be positive integers, got [${description.shape}]`);
  if (description.rate !== "irregular" && !(description.rate > 0))
    throw new ConfigError(where, `rate must be > 0 Hz or "irregular", got ${description.rate}`);
  if (description.timing === "jittered" && description.rate === "irregular")
    throw new ConfigError(where, 'timing must be "exact" for an irregular stream, got "jittered"');
  if (!((description.span ?? 0) >= 0))
    throw new ConfigError(where, `span must be >= 0 us, got ${description.span}`);
  const numbers = description.shape.reduce((product, size) => product * size, 1);
  if (description.channels !== undefined && description.channels.length !== numbers)
    throw new ConfigError(
      where,
      `channels must be ${numbers} names, as many as a frame has numbers, got ${description.channels.length}`,
    );
  if (!(description.lateness >= 0))
    throw new ConfigError(where, `lateness must be >= 0 us, got ${description.lateness}`);
  if (!(description.idleTimeout > 0))
    throw new ConfigError(where, `idleTimeout must be > 0 us, got ${description.idleTimeout}`);
  return description;
}
