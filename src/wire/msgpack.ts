import { Packr, Unpackr } from "msgpackr";

const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: true });
// 64-bit integers as numbers: a BigInt for each origin time would be most of what a chunk's header costs.
// Those beyond 2^53 are rounded, to numbers that are no safe integers either, and refused as such.
const unpackr = new Unpackr({ useRecords: false, int64AsType: "number" });

/** Integers from here on would be written as floating point, which other languages read as such. */
const INT32_LIMIT = 2 ** 32;

/** `value` as something that every msgpack library reads as an integer. */
export function packable(value: number): number | bigint {
  return Math.abs(value) < INT32_LIMIT ? value : BigInt(value);
}

/** Plain maps, arrays, strings and integers as msgpack. The bytes are the caller's to keep. */
export function pack(value: unknown): Uint8Array {
  // A private copy: msgpackr hands out slices of a shared pool, and ZeroMQ sends without copying.
  return Uint8Array.from(packr.pack(value));
}

/**
 * A msgpack map.
 *
 * @returns undefined for anything but one whole map with string keys: other types, truncated or
 *   trailing bytes, extension types nobody knows.
 */
export function unpackMap(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  let value: unknown;
  try {
    value = unpackr.unpack(bytes);
  } catch {
    // msgpackr throws Error, RangeError or TypeError for bytes that are not msgpack: all mean "no map".
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getPrototypeOf(value) === Object.prototype
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/**
 * A whole number from msgpack, however it was written: int, uint64 (read as a number) or integral float.
 *
 * @returns undefined unless it is an integer in [0, 2^53).
 */
export function unsignedOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
