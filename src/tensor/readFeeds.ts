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

/** Picks the elements of its ports, in order, out of a tree of feeds. */
export type FeedReader = (feeds: unknown) => TensorData[];

/**
 * Prepares the reading of feeds for some ports: paths are split once, not at every run.
 *
 * The reader throws a `ShapeError` if a feed is missing, or has another dtype or number of elements.
 */
export function createFeedReader(where: string, ports: readonly Port[]): FeedReader {
  const plan = ports.map(({ path, spec }) => ({
    path,
    spec,
    names: path.split(PATH_SEPARATOR),
    size: sizeOfShape(spec.shape),
  }));
  return (feeds) => {
    const data: TensorData[] = [];
    for (const { path, spec, names, size } of plan) {
      let node: unknown = feeds;
      for (const name of names) node = childOf(node, name);
      // The common case first: a bare typed array of the right kind and length.
      if (isDataOf(spec, node) && node.length === size) data.push(node);
      else data.push(readFeed(where, path, spec, node));
    }
    return data;
  };
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
    createFeedReader(
      where,
      ports,
    )(feeds).flatMap((data, i): [string, HostTensor][] => {
      const port = ports[i];
      return port === undefined ? [] : [[port.path, asHostTensor(data, port.spec)]];
    }),
  );
}

/** Elements of a spec as a host tensor. */
export function asHostTensor(data: TensorData, { shape }: TensorSpec): HostTensor {
  if (data instanceof Float32Array) return { dtype: "float32", shape, data };
  if (data instanceof Int32Array) return { dtype: "int32", shape, data };
  return { dtype: "bool", shape, data };
}

function childOf(node: unknown, name: string): unknown {
  return typeof node === "object" && node !== null ? Reflect.get(node, name) : undefined;
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
