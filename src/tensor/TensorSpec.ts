import { ConfigError } from "../errors.ts";
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D, Tensor5D } from "./tf.ts";

/** Element types a program's inputs and outputs may have. Booleans travel as bytes 0 and 1. */
export type DType = "float32" | "int32" | "bool";

/** Shape and element type of one named input or output. Shapes are static: [] is a scalar. */
export interface TensorSpec<
  S extends readonly number[] = readonly number[],
  D extends DType = DType,
> {
  readonly shape: S;
  readonly dtype: D;
}

/** Named specs, nested as deep as the caller likes: `{ params: { w, b }, x }`. */
export interface SpecTree {
  readonly [name: string]: TensorSpec | SpecTree;
}

/** A float32 input of the given static shape. */
export function float32<const S extends readonly number[]>(shape: S): TensorSpec<S, "float32"> {
  return createSpec(shape, "float32");
}

/** An int32 input of the given static shape. */
export function int32<const S extends readonly number[]>(shape: S): TensorSpec<S, "int32"> {
  return createSpec(shape, "int32");
}

/** A boolean input of the given static shape; its data are a `Uint8Array` of 0 and 1. */
export function bool<const S extends readonly number[]>(shape: S): TensorSpec<S, "bool"> {
  return createSpec(shape, "bool");
}

function createSpec<S extends readonly number[], D extends DType>(
  shape: S,
  dtype: D,
): TensorSpec<S, D> {
  for (const size of shape)
    if (!Number.isInteger(size) || size < 0)
      throw new ConfigError(dtype, `every dimension must be an integer >= 0, got [${shape}]`);
  return { shape, dtype };
}

/** The tfjs tensor type of a spec, ranked when the shape's length is known to the compiler. */
export type TensorOf<S extends TensorSpec> = number extends S["shape"]["length"]
  ? Tensor
  : S["shape"]["length"] extends 0
    ? Scalar
    : S["shape"]["length"] extends 1
      ? Tensor1D
      : S["shape"]["length"] extends 2
        ? Tensor2D
        : S["shape"]["length"] extends 3
          ? Tensor3D
          : S["shape"]["length"] extends 4
            ? Tensor4D
            : S["shape"]["length"] extends 5
              ? Tensor5D
              : Tensor;

/** What a program body receives: the spec tree with a tensor at every leaf. */
export type TensorsOf<I> = I extends TensorSpec
  ? TensorOf<I>
  : { readonly [K in keyof I]: TensorsOf<I[K]> };

/** What a program body returns: named tensors, nested as deep as it likes. */
export interface TensorTree {
  readonly [name: string]: Tensor | TensorTree;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOfShape(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

/** Tells a leaf of a spec tree from a branch; a branch may itself have a child called `shape`. */
export function isTensorSpec(node: TensorSpec | SpecTree): node is TensorSpec {
  return Array.isArray(node.shape) && typeof node.dtype === "string";
}
