import { ShapeError } from "../errors.ts";
import {
  createData,
  type HostTensor,
  type HostTree,
  isHostTensor,
  type TensorData,
} from "./HostTensor.ts";
import { sizeOfShape, type TensorSpec } from "./TensorSpec.ts";
import type { Port } from "./trace/traceProgram.ts";
import { PATH_SEPARATOR } from "./tree.ts";

/**
 * Picks each port's elements out of a tree of feeds, checked against its spec.
 *
 * @throws {ShapeError} If a feed is missing, or has another dtype or number of elements.
 */
export function readFeeds(where: string, feeds: unknown, ports: readonly Port[]): TensorData[] {
  return ports.map(({ path, spec }) => readFeed(where, path, spec, lookUp(feeds, path)));
}

/**
 * Reads one feed as elements of `spec`.
 *
 * @throws {ShapeError} If it is missing, or has another dtype, shape or number of elements.
 */
export function readFeed(where: string, path: string, spec: TensorSpec, feed: unknown): TensorData {
  const expected = `"${path}" must be ${spec.dtype}[${spec.shape}]`;
  if (typeof feed === "number") {
    if (spec.shape.length > 0) throw new ShapeError(where, `${expected}, got the number ${feed}`);
    const data = createData(spec.dtype, spec.shape);
    data[0] = feed;
    return data;
  }
  if (typeof feed !== "object" || feed === null)
    throw new ShapeError(where, `${expected}, got ${String(feed)}`);
  const data: unknown = ArrayBuffer.isView(feed) ? feed : readData(feed);
  if (!isDataOf(spec, data))
    throw new ShapeError(where, `${expected}, got ${data?.constructor.name ?? "no elements"}`);
  if (data.length !== sizeOfShape(spec.shape))
    throw new ShapeError(
      where,
      `${expected} (${sizeOfShape(spec.shape)} elements), got ${data.length}`,
    );
  const shape = ArrayBuffer.isView(feed) ? spec.shape : readShape(feed);
  if (shape.length !== spec.shape.length || shape.some((size, axis) => size !== spec.shape[axis]))
    throw new ShapeError(where, `${expected}, got [${shape}]`);
  return data;
}

/** Reads a tree of feeds against specs as host tensors by path: constants, initial state. */
export function readHostTensors(
  where: string,
  feeds: unknown,
  ports: readonly Port[],
): Map<string, HostTensor> {
  return new Map(
    ports.map(({ path, spec }): [string, HostTensor] => {
      const data = readFeed(where, path, spec, lookUp(feeds, path));
      return [path, asHostTensor(data, spec)];
    }),
  );
}

/** Elements of a spec as a host tensor. */
export function asHostTensor(data: TensorData, { shape }: TensorSpec): HostTensor {
  if (data instanceof Float32Array) return { dtype: "float32", shape, data };
  if (data instanceof Int32Array) return { dtype: "int32", shape, data };
  return { dtype: "bool", shape, data };
}

function lookUp(feeds: unknown, path: string): unknown {
  let node: unknown = feeds;
  for (const name of path.split(PATH_SEPARATOR)) {
    if (typeof node !== "object" || node === null) return undefined;
    node = Reflect.get(node, name);
  }
  return node;
}

function readData(feed: object): unknown {
  return Reflect.get(feed, "data");
}

function readShape(feed: object): readonly number[] {
  const node = feed as HostTensor | HostTree;
  return isHostTensor(node) ? node.shape : [];
}

function isDataOf({ dtype }: TensorSpec, data: unknown): data is TensorData {
  if (dtype === "float32") return data instanceof Float32Array;
  return dtype === "int32" ? data instanceof Int32Array : data instanceof Uint8Array;
}
