import { borrowNumbers, type DType, type TypedArrays } from "../frames/DType.ts";

/** Largest and smallest value of each integer dtype. */
const INTEGER_RANGES: Readonly<Partial<Record<DType, readonly [least: number, most: number]>>> = {
  u8: [0, 255],
  i8: [-128, 127],
  i16: [-32_768, 32_767],
  u16: [0, 65_535],
  i32: [-2_147_483_648, 2_147_483_647],
};

/**
 * A weighted sum of frames, element by element; integer dtypes are rounded and stay within range.
 *
 * @param frames [n] payloads of equal length, n ≥ 1, little endian.
 * @param weights [n], as many as there are frames.
 * @returns The bytes of one frame, freshly allocated.
 */
export function blend(
  frames: readonly Uint8Array[],
  weights: readonly number[],
  dtype: Exclude<DType, "utf8">,
): Uint8Array {
  const columns = frames.map((frame) => borrowNumbers(frame, dtype));
  const length = columns[0]?.length ?? 0;
  const range = INTEGER_RANGES[dtype];
  const out: TypedArrays[keyof TypedArrays] = borrowNumbers(
    new Uint8Array(frames[0]?.byteLength ?? 0),
    dtype,
  );
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let f = 0; f < columns.length; f++) sum += (columns[f]?.[i] ?? 0) * (weights[f] ?? 0);
    out[i] = range === undefined ? sum : Math.min(range[1], Math.max(range[0], Math.round(sum)));
  }
  return new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
}

/** Payloads back to back, freshly allocated. */
export function concatenate(frames: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(frames.reduce((sum, frame) => sum + frame.byteLength, 0));
  let offset = 0;
  for (const frame of frames) {
    out.set(frame, offset);
    offset += frame.byteLength;
  }
  return out;
}
