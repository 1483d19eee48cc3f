import { ShapeError } from "../../errors.ts";
import type { HostTensor } from "../../tensor/HostTensor.ts";

/** Points of one space, row by row. */
export interface Points {
  readonly count: number;
  readonly dimensions: number;
  /** [count · dimensions] */
  readonly data: Float64Array;
}

/** An undirected edge between two points, by their rows; `from` < `to`. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  /** Euclidean. */
  readonly length: number;
}

/**
 * The distinct rows of a set, in order: an edge of length 0 would have infinite density.
 *
 * @throws {ShapeError} If it is not [N, D] or a number is not finite.
 */
export function distinctPoints({ shape, data }: HostTensor<"float32">): Points {
  const [count = 0, dimensions = 0] = shape;
  if (shape.length !== 2 || dimensions === 0 || !data.every(Number.isFinite))
    throw new ShapeError("dca", `expected finite points [N, D], got [${shape}]`);
  const kept: number[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    const key = data.subarray(i * dimensions, (i + 1) * dimensions).join();
    if (seen.has(key)) continue;
    seen.add(key);
    kept.push(i);
  }
  const rows = Float64Array.from(
    { length: kept.length * dimensions },
    (_, at) => data[(kept[Math.floor(at / dimensions)] ?? 0) * dimensions + (at % dimensions)] ?? 0,
  );
  return { count: kept.length, dimensions, data: rows };
}

/** Both sets as one: the first one's points come first. @throws {ShapeError} If dimensions differ. */
export function joinPoints(first: Points, second: Points): Points {
  if (first.dimensions !== second.dimensions)
    throw new ShapeError(
      "dca",
      `expected points of ${first.dimensions} dimensions, got ${second.dimensions}`,
    );
  const data = new Float64Array(first.data.length + second.data.length);
  data.set(first.data);
  data.set(second.data, first.data.length);
  return { count: first.count + second.count, dimensions: first.dimensions, data };
}

/** Squared Euclidean distance of two rows. */
export function squaredDistance({ data, dimensions }: Points, a: number, b: number): number {
  let sum = 0;
  for (let k = 0; k < dimensions; k++) {
    const difference = (data[a * dimensions + k] ?? 0) - (data[b * dimensions + k] ?? 0);
    sum += difference * difference;
  }
  return sum;
}
