import { ShapeError } from "../../errors.ts";
import { compile } from "../../tensor/compile.ts";
import { defineProgram } from "../../tensor/defineProgram.ts";
import { asFloat32, hostTensor } from "../../tensor/HostTensor.ts";
import { float32 } from "../../tensor/TensorSpec.ts";
import { tf } from "../../tensor/tf.ts";

/** Rows per run; sums over runs are kept in float64. */
const CHUNK = 2048;

/** Rows of one side with their mean. */
export interface CentredRows {
  /** [N · size] flat. */
  readonly rows: Float32Array;
  readonly size: number;
  /** [size] */
  readonly mean: Float64Array;
}

/**
 * E[(x − x̄)(y − ȳ)ᵀ] over paired rows.
 *
 * @returns [x.size · y.size] flat.
 * @throws {ShapeError} If the sides differ in rows.
 */
export async function crossCovariance(x: CentredRows, y: CentredRows): Promise<Float64Array> {
  const count = rowCount(x.rows, x.size);
  if (rowCount(y.rows, y.size) !== count)
    throw new ShapeError("crossCovariance", `expected ${count} rows on both sides`);
  const program = defineProgram({
    name: "cross-covariance",
    inputs: { x: float32([CHUNK, x.size]), y: float32([CHUNK, y.size]) },
    body: (feeds) => ({ product: tf.matMul(feeds.x, feeds.y, true, false) }),
  });
  await using compiled = await compile(program);
  const sums = new Float64Array(x.size * y.size);
  for (let first = 0; first < count; first += CHUNK) {
    const feeds = { x: centredChunk(x, first, count), y: centredChunk(y, first, count) };
    const product = asFloat32("product", (await compiled.run(feeds)).product);
    for (const [i, value] of product.entries()) sums[i] = (sums[i] ?? 0) + value / count;
  }
  return sums;
}

/** A linear map of rows: (x − mean) · axes. */
export interface LinearMap {
  /** [inputs] */
  readonly mean: Float64Array;
  /** [inputs · outputs] flat. */
  readonly axes: Float64Array;
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * Applies a linear map to rows.
 *
 * @param rows [N · inputs] flat.
 * @returns [N · outputs] flat.
 * @throws {ShapeError} If it is no whole number of rows.
 */
export async function projectRows(
  rows: Float32Array,
  { mean, axes, inputs, outputs }: LinearMap,
): Promise<Float32Array> {
  const count = rowCount(rows, inputs);
  const program = defineProgram({
    name: "project-rows",
    inputs: { x: float32([CHUNK, inputs]), axes: float32([inputs, outputs]) },
    body: (feeds) => ({ y: tf.matMul(feeds.x, feeds.axes) }),
  });
  await using compiled = await compile(program, {
    constants: { axes: hostTensor(Float32Array.from(axes), [inputs, outputs]) },
  });
  const out = new Float32Array(count * outputs);
  for (let first = 0; first < count; first += CHUNK) {
    const x = centredChunk({ rows, size: inputs, mean }, first, count);
    const { y } = await compiled.run({ x } as never);
    const held = Math.min(CHUNK, count - first) * outputs;
    out.set(asFloat32("y", y).subarray(0, held), first * outputs);
  }
  return out;
}

/** [size] mean of each column. @throws {ShapeError} If it is no whole number of rows. */
export function columnMeans(rows: Float32Array, size: number): Float64Array {
  const count = rowCount(rows, size);
  const sums = new Float64Array(size);
  for (let first = 0; first < rows.length; first += size)
    for (let d = 0; d < size; d++) sums[d] = (sums[d] ?? 0) + (rows[first + d] ?? 0);
  return sums.map((sum) => sum / count);
}

function centredChunk({ rows, size, mean }: CentredRows, first: number, count: number) {
  const chunk = new Float32Array(CHUNK * size);
  const end = Math.min(first + CHUNK, count) * size;
  for (let from = first * size, to = 0; from < end; from += size, to += size)
    for (let d = 0; d < size; d++) chunk[to + d] = (rows[from + d] ?? 0) - (mean[d] ?? 0);
  return chunk;
}

function rowCount(rows: Float32Array, size: number): number {
  const count = rows.length / size;
  if (!Number.isInteger(count) || count === 0)
    throw new ShapeError("rowProducts", `expected rows of ${size} numbers, got ${rows.length}`);
  return count;
}
