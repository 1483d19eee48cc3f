import { ConfigError, type StreamDescription } from "../../src/sensing.ts";

/** Bytes, how a number is written, and the range of those that are whole. */
const WRITERS = {
  u8: [1, "setUint8", 0, 0xff],
  i8: [1, "setInt8", -0x80, 0x7f],
  u16: [2, "setUint16", 0, 0xffff],
  i16: [2, "setInt16", -0x8000, 0x7fff],
  i32: [4, "setInt32", -0x80000000, 0x7fffffff],
  f32: [4, "setFloat32", Number.NaN, Number.NaN],
  f64: [8, "setFloat64", Number.NaN, Number.NaN],
} as const;

/**
 * A function that turns the numbers of one row into a frame of the stream, little endian.
 *
 * It gives undefined for rows with another count of numbers, and, where the stream is of whole numbers,
 * for rows with one that is none or out of its range; in a stream of floats what is no number is NaN.
 *
 * @throws {ConfigError} If the stream is of text or of a type that rows cannot fill.
 */
export function packNumbers({
  stream,
  dtype,
  shape,
}: StreamDescription): (numbers: readonly number[]) => Uint8Array | undefined {
  if (!Object.hasOwn(WRITERS, dtype))
    throw new ConfigError(
      `stream ${stream}`,
      `expected ${Object.keys(WRITERS).join(", ")} for rows of numbers, got ${dtype}`,
    );
  const [size, write, least, most] = WRITERS[dtype as keyof typeof WRITERS];
  const count = shape.reduce((product, length) => product * length, 1);
  const isFloat = Number.isNaN(least);
  const fits = (number: number): boolean => isFloat || (number >= least && number <= most);
  return (numbers) => {
    if (numbers.length !== count || !numbers.every(fits)) return undefined;
    const view = new DataView(new ArrayBuffer(count * size));
    numbers.forEach((number, i) => {
      view[write](i * size, isFloat ? number : Math.round(number), true);
    });
    return new Uint8Array(view.buffer);
  };
}
