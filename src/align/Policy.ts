import { ConfigError } from "../errors.ts";
import type { DType } from "../frames/DType.ts";
import { type Micros, micros } from "../units.ts";

/** What a window of frames becomes. `mean` is element by element, rounded for integer dtypes. */
export type Aggregate = "concatenate" | "mean" | "last";

/**
 * Which frames of a stream answer a grid instant T. All bounds are inclusive but a window's `from`.
 *
 * - `exact`: the frame stamped T
 * - `nearest`: the frame nearest to T within `tolerance`; of two equally near the earlier one
 * - `last`: the newest frame at or before T, not older than `maxAge`
 * - `linear`: between the frame at or before T and the one after it, at most `maxSpan` apart
 * - `window`: all frames in (T + `from`, T + `to`]; `count` of them, or at least one
 */
export type Policy =
  | { readonly kind: "exact" }
  | { readonly kind: "nearest"; readonly tolerance: Micros }
  | { readonly kind: "last"; readonly maxAge: Micros }
  | { readonly kind: "linear"; readonly maxSpan: Micros }
  | {
      readonly kind: "window";
      readonly from: Micros;
      readonly to: Micros;
      readonly count: number | "any";
      readonly aggregate: Aggregate;
    };

/** The frame stamped exactly T. */
export function exact(): Policy {
  return { kind: "exact" };
}

/**
 * The frame nearest to T.
 *
 * @param options.tolerance Largest |originTime − T| that counts, in µs, ≥ 0.
 * @throws {ConfigError} If `tolerance` < 0.
 */
export function nearest({ tolerance }: { readonly tolerance: Micros }): Policy {
  atLeastZero("nearest", "tolerance", tolerance);
  return { kind: "nearest", tolerance };
}

/**
 * The newest frame at or before T: a sample that holds until the next one.
 *
 * @param options.maxAge Oldest a frame may be, in µs, ≥ 0.
 * @throws {ConfigError} If `maxAge` < 0.
 */
export function last({ maxAge }: { readonly maxAge: Micros }): Policy {
  atLeastZero("last", "maxAge", maxAge);
  return { kind: "last", maxAge };
}

/**
 * A straight line between the neighbours of T; numeric dtypes only.
 *
 * @param options.maxSpan Largest distance between the two neighbours, in µs, ≥ 0.
 * @throws {ConfigError} If `maxSpan` < 0.
 */
export function linear({ maxSpan }: { readonly maxSpan: Micros }): Policy {
  atLeastZero("linear", "maxSpan", maxSpan);
  return { kind: "linear", maxSpan };
}

/**
 * All frames in (T + from, T + to].
 *
 * @param options.from Exclusive start relative to T, in µs; negative looks back.
 * @param options.to Inclusive end relative to T, in µs; how long a row waits for this stream.
 * @param options.count How many frames there must be: exactly so many, or `any` for at least one.
 * @param options.aggregate What they become.
 * @throws {ConfigError} If `from` ≥ `to`, or `count` is not a positive integer.
 */
export function window(options: {
  readonly from: Micros;
  readonly to: Micros;
  readonly count: number | "any";
  readonly aggregate: Aggregate;
}): Policy {
  const { from, to, count, aggregate } = options;
  if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from < to))
    throw new ConfigError("window", `expected from < to, in integer us, got ${from} and ${to}`);
  if (count !== "any" && !(Number.isSafeInteger(count) && count > 0))
    throw new ConfigError("window", `count must be a positive integer or "any", got ${count}`);
  return { kind: "window", from, to, count, aggregate };
}

/**
 * Checks that a policy can be applied to a stream's elements.
 *
 * @throws {ConfigError} If it computes with numbers and the stream carries text.
 */
export function checkPolicy(stream: string, policy: Policy, dtype: DType): void {
  const numeric =
    policy.kind === "linear" || (policy.kind === "window" && policy.aggregate === "mean");
  if (numeric && dtype === "utf8")
    throw new ConfigError(
      `column ${stream}`,
      `expected a numeric dtype for ${policy.kind}, got utf8`,
    );
}

/**
 * How long before T the stream can settle a row by itself, in µs, ≥ 0: the distance between T and the
 * end of a window that lies wholly in the past.
 */
export function leadOf(policy: Policy): Micros {
  return micros(policy.kind === "window" ? Math.max(0, -policy.to) : 0);
}

/** Origin time, relative to T, at or before which no frame can matter to T or any later instant. */
export function horizonOf(policy: Policy): number {
  switch (policy.kind) {
    case "exact":
      return -1;
    case "nearest":
      return -policy.tolerance - 1;
    case "last":
      return -policy.maxAge - 1;
    case "linear":
      return -policy.maxSpan - 1;
    case "window":
      return policy.from;
  }
}

/** How far after T a frame can lie and matter to T, in µs; negative for a window that ends before T. */
export function reachOf(policy: Policy): number {
  switch (policy.kind) {
    case "exact":
    case "last":
      return 0;
    case "nearest":
      return policy.tolerance;
    case "linear":
      return policy.maxSpan;
    case "window":
      return policy.to;
  }
}

function atLeastZero(where: string, name: string, value: Micros): void {
  if (!(Number.isSafeInteger(value) && value >= 0))
    throw new ConfigError(where, `${name} must be an integer >= 0 us, got ${value}`);
}
