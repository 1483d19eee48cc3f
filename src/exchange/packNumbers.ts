import type { DType } from "../frames/DType.ts";

/** Numbers as a frame's bytes, little endian; what a whole-number dtype cannot hold is rounded and cut off. */
export function packNumbers(values: readonly number[], dtype: Exclude<DType, "utf8">): Uint8Array {
  const array = new ARRAYS[dtype](values);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

const ARRAYS = {
  ...{ u8: Uint8ClampedArray, i8: Int8Array, i16: Int16Array, u16: Uint16Array },
  ...{ i32: Int32Array, f32: Float32Array, f64: Float64Array },
} as const;
