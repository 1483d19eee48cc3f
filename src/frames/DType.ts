import { ConfigError } from "../errors.ts";

/** Element type of a payload, little endian. `utf8` payloads vary in length from frame to frame. */
export type DType = "u8" | "i8" | "i16" | "u16" | "i32" | "f32" | "f64" | "utf8";

/** Bytes of one element; 1 for `utf8`, whose elements are bytes. */
export const DTYPE_BYTES: Readonly<Record<DType, number>> = {
  u8: 1,
  i8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  f32: 4,
  f64: 8,
  utf8: 1,
};

/** A typed view for each numeric dtype. */
export interface TypedArrays {
  u8: Uint8Array;
  i8: Int8Array;
  i16: Int16Array;
  u16: Uint16Array;
  i32: Int32Array;
  f32: Float32Array;
  f64: Float64Array;
}

const CONSTRUCTORS = {
  u8: Uint8Array,
  i8: Int8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** Whether `value` names a dtype. */
export function isDType(value: unknown): value is DType {
  return typeof value === "string" && Object.hasOwn(DTYPE_BYTES, value);
}

/**
 * The numbers in a payload.
 *
 * @param payload Little-endian bytes. Borrowed when they happen to be aligned, copied otherwise: treat
 *   the result as read-only and as alive no longer than `payload`.
 * @returns One typed array over the whole payload.
 * @throws {ConfigError} If the length is not a whole number of elements.
 */
export function borrowNumbers<D extends keyof TypedArrays>(
  payload: Uint8Array,
  dtype: D,
): TypedArrays[D] {
  const size = DTYPE_BYTES[dtype];
  if (payload.byteLength % size !== 0)
    throw new ConfigError(
      "borrowNumbers",
      `expected a multiple of ${size} bytes for ${dtype}, got ${payload.byteLength}`,
    );
  // Not `slice`: that of a Buffer copies nothing.
  const aligned = payload.byteOffset % size === 0 ? payload : new Uint8Array(payload);
  return new CONSTRUCTORS[dtype](
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    aligned.byteLength / size,
  ) as TypedArrays[D];
}
