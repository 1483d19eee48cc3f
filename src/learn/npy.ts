import { ModelError } from "../errors.ts";
import { borrowNumbers, DTYPE_BYTES } from "../frames/DType.ts";

/** The element types that our data sets use, with NumPy's name for each. */
const DTYPES = {
  "|u1": "u8",
  "|i1": "i8",
  "<i2": "i16",
  "<u2": "u16",
  "<i4": "i32",
  "<f4": "f32",
} as const;

/** An array as NumPy stores it, last axis fastest. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Float32Array;
}

/**
 * Reads a `.npy` file of version 1.0: C order, little endian, 8 to 32 bits.
 *
 * @param bytes The file, unpacked. The result may be a view of it.
 * @throws {ModelError} If it is not such a file or is cut short.
 *
 * Format: NumPy Enhancement Proposal 1.
 */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  const magic = String.fromCharCode(...bytes.subarray(0, 8));
  if (magic !== "\x93NUMPY\x01\x00")
    throw new ModelError(
      "decodeNpy",
      `expected a .npy file of version 1.0, got ${JSON.stringify(magic)}`,
    );
  const start = 10 + ((bytes[8] ?? 0) | ((bytes[9] ?? 0) << 8));
  const header = new TextDecoder("latin1").decode(bytes.subarray(10, start));
  const descr = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? "";
  const sizes = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  const dtype = DTYPES[descr as keyof typeof DTYPES];
  if (dtype === undefined || sizes === undefined || !/'fortran_order':\s*False/.test(header))
    throw new ModelError(
      "decodeNpy",
      `expected one of ${Object.keys(DTYPES).join(" ")} in C order, got ${header.trim()}`,
    );
  const shape = sizes
    .split(",")
    .filter((size) => size.trim() !== "")
    .map(Number);
  const payload = bytes.subarray(start);
  const expected = shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]);
  if (payload.byteLength !== expected)
    throw new ModelError(
      "decodeNpy",
      `expected ${expected} bytes for [${shape}] ${descr}, got ${payload.byteLength}`,
    );
  return { shape, data: borrowNumbers(payload, dtype) };
}
