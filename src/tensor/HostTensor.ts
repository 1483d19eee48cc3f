import { ShapeError } from "../errors.ts";
import {
  type DType,
  isTensorSpec,
  type SpecTree,
  sizeOfShape,
  type TensorSpec,
} from "./TensorSpec.ts";
import type { Tensor } from "./tf.ts";

/** Elements of a tensor outside a program: float32, int32, or bool as bytes. */
export type TensorData = Float32Array | Int32Array | Uint8Array;

/** The typed array of one element type. */
export type DataOf<D extends DType> = D extends "float32"
  ? Float32Array
  : D extends "int32"
    ? Int32Array
    : D extends "bool"
      ? Uint8Array
      : never;

/** A tensor in the memory of JavaScript: row-major elements with their shape. */
export interface HostTensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DataOf<D>;
}

/** Named host tensors, nested as deep as the caller likes: weights, optimiser state, batches. */
export interface HostTree {
  readonly [name: string]: HostTensor | HostTree;
}

/** What may be fed to one input: elements, a host tensor, or a number where the shape is []. */
export type Feed<S extends TensorSpec> =
  | DataOf<S["dtype"]>
  | HostTensor<S["dtype"]>
  | (S["shape"] extends readonly [] ? number : never)
  | (number extends S["shape"]["length"] ? number : never);

/** What a run takes: the spec tree with data at every leaf. */
export type FeedsOf<I> = I extends TensorSpec
  ? Feed<I>
  : { readonly [K in keyof I]: FeedsOf<I[K]> };

/** What a run gives: the body's output tree with a typed array at every leaf. */
export type ArraysOf<O> = O extends Tensor
  ? TensorData
  : { readonly [K in keyof O]: ArraysOf<O[K]> };

/** The same tree with host tensors (shape and dtype kept) at every leaf. */
export type HostTensorsOf<O> = O extends Tensor | TensorSpec
  ? HostTensor
  : { readonly [K in keyof O]: HostTensorsOf<O[K]> };

/** The specs of a tree of host tensors: a model's `params` as the inputs of a program. */
export type SpecsOf<T> =
  T extends HostTensor<infer D>
    ? TensorSpec<readonly number[], D>
    : { readonly [K in keyof T]: SpecsOf<T[K]> };

/**
 * Wraps elements as a host tensor.
 *
 * @throws {ShapeError} If the number of elements is not that of the shape.
 */
export function hostTensor<A extends TensorData>(
  data: A,
  shape: readonly number[],
): HostTensor<DTypeOf<A>>;
export function hostTensor(data: TensorData, shape: readonly number[]): HostTensor {
  if (data.length !== sizeOfShape(shape))
    throw new ShapeError(
      "hostTensor",
      `expected ${sizeOfShape(shape)} elements for [${shape}], got ${data.length}`,
    );
  if (data instanceof Float32Array) return { dtype: "float32", shape, data };
  if (data instanceof Int32Array) return { dtype: "int32", shape, data };
  return { dtype: "bool", shape, data };
}

/** The element type of a typed array's type. */
export type DTypeOf<A extends TensorData> = A extends Float32Array
  ? "float32"
  : A extends Int32Array
    ? "int32"
    : "bool";

/** Tells a leaf of a host tree from a branch. */
export function isHostTensor(node: object): node is HostTensor {
  return ArrayBuffer.isView(Reflect.get(node, "data")) && Array.isArray(Reflect.get(node, "shape"));
}

/** Specs with the same names, shapes and dtypes as a tree of host tensors. */
export function specsOf<T extends HostTree>(tree: T): SpecsOf<T>;
export function specsOf(tree: HostTree): SpecTree {
  const specs: Record<string, TensorSpec | SpecTree> = {};
  for (const [name, node] of Object.entries(tree))
    specs[name] = isHostTensor(node) ? { shape: node.shape, dtype: node.dtype } : specsOf(node);
  return specs;
}

/** A tree of zeros with the names, shapes and dtypes of `specs`: fresh optimiser moments, counters. */
export function zerosOf<T extends SpecTree>(specs: T): HostTensorsOf<T>;
export function zerosOf(specs: SpecTree): HostTree {
  const zeros: Record<string, HostTensor | HostTree> = {};
  for (const [name, node] of Object.entries(specs))
    zeros[name] = isTensorSpec(node)
      ? hostTensor(createData(node.dtype, node.shape), node.shape)
      : zerosOf(node);
  return zeros;
}

/** A zeroed typed array for `dtype` with the number of elements of `shape`. */
export function createData(dtype: DType, shape: readonly number[]): TensorData {
  const size = sizeOfShape(shape);
  if (dtype === "float32") return new Float32Array(size);
  return dtype === "int32" ? new Int32Array(size) : new Uint8Array(size);
}

/**
 * Narrows a run's output to float32 elements.
 *
 * @throws {ShapeError} If the elements are int32 or bool.
 */
export function asFloat32(where: string, data: TensorData): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new ShapeError(where, `expected float32 elements, got ${data.constructor.name}`);
}

/**
 * Narrows a run's output to int32 elements.
 *
 * @throws {ShapeError} If the elements are float32 or bool.
 */
export function asInt32(where: string, data: TensorData): Int32Array {
  if (data instanceof Int32Array) return data;
  throw new ShapeError(where, `expected int32 elements, got ${data.constructor.name}`);
}
