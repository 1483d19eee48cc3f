import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import {
  ConfigError,
  type DType,
  decodeNpy,
  frameBytes,
  hertz,
  type NpyArray,
  type SensedFrame,
  type SensorContext,
  SensorError,
  type SensorKind,
  SensorSettings,
} from "../src/sensing.ts";
import { regularRate } from "./streams/regularRate.ts";
import { steadyFrames } from "./streams/steadyFrames.ts";
import { onlyOffer, streamNameOf, usualNumbers } from "./streams/usualStreams.ts";

const unpack = promisify(gunzip);

/** Rows a second where nobody says. */
const USUAL_RATE = hertz(100);
/** What streams call the numbers of an array. */
const DTYPES = new Map<unknown, DType>([
  [Uint8Array, "u8"],
  [Int16Array, "i16"],
  [Int32Array, "i32"],
  [Float32Array, "f32"],
  [Float64Array, "f64"],
]);

/**
 * Rows of an array file (`.npy`, `.npy.gz`) as frames, one per row of its first axis, at the stream's rate.
 *
 * Options: `path`; `first`, the first row (0); `count`, how many (all from there). The array's type and the
 * shape of a row must be the stream's.
 */
export const array: SensorKind = {
  name: "array",
  summary: "Replays the rows of an array file (.npy) at the stream's rate.",
  probe: async () => ({ works: true, detail: "needs nothing but an array" }),
  argument: "path",
  async offers(options) {
    const path = new SensorSettings("array", options).text("path");
    const { shape, data } = await readArray(path);
    const dtype = DTYPES.get(data.constructor);
    if (dtype === undefined)
      throw new SensorError("array", `expected numbers that a stream can carry, got ${path}`);
    return onlyOffer(usualNumbers(streamNameOf(path), shape.slice(1), USUAL_RATE, dtype), options);
  },
  create(options) {
    const settings = new SensorSettings("array", options);
    const path = settings.text("path");
    const first = settings.count("first", 0, 0);
    const count = settings.has("count") ? settings.count("count", 1) : Infinity;
    settings.end();
    return { pace: "replay", frames: (context) => rows(path, first, count, context) };
  },
};

async function* rows(
  path: string,
  first: number,
  count: number,
  context: SensorContext,
): AsyncGenerator<SensedFrame> {
  const { description } = context;
  const rate = regularRate(description, "array");
  const { shape, data } = await readArray(path);
  const [held = 0, ...row] = shape;
  const bytes = frameBytes(description);
  const size = row.reduce((product, dimension) => product * dimension, data.BYTES_PER_ELEMENT);
  const dtype = DTYPES.get(data.constructor);
  if (size !== bytes || dtype !== description.dtype)
    throw new ConfigError(
      `stream ${description.stream}`,
      `expected rows of ${description.dtype} [${description.shape}] in ${path}, got ${dtype ?? "others"} [${row}]`,
    );
  const last = Math.min(held, first + count);
  if (first >= last)
    throw new SensorError("array", `expected rows from ${first} on in ${path}, it has ${held}`);
  const all = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const length = Math.round(((last - first) * 1e6) / rate);
  const rowAt = (_: number, place: number): Uint8Array =>
    all.subarray((first + place) * size, (first + place + 1) * size);
  yield* steadyFrames({ kind: "array", length, begin: () => rowAt }, context);
}

async function readArray(path: string): Promise<NpyArray> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new SensorError("array", `expected a readable file, got ${path}`, { cause });
  });
  try {
    return decodeNpy(path.endsWith(".gz") ? await unpack(bytes) : bytes);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new SensorError("array", `expected an array in ${path}, got ${problem}`, { cause });
  }
}
