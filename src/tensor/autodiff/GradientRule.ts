import type * as tfjs from "@tensorflow/tfjs";

/** TensorFlow.js as a value, handed in: these rules are registered before `tf.ts` has finished loading. */
export type Tfjs = typeof tfjs;

/** The gradient of one tfjs kernel: each operand's from dy, the saved tensors and the attributes. */
export interface GradientRule {
  readonly kernel: string;
  /** Operands to keep for the backward pass, in order. */
  readonly saves: readonly string[];
  /** Keep every operand, for kernels that take a list. */
  readonly savesAll?: boolean;
  readonly gradient: (backward: {
    readonly tf: Tfjs;
    readonly dy: tfjs.Tensor;
    /** All dys, for kernels with several outputs. */
    readonly dys: readonly tfjs.Tensor[];
    readonly saved: readonly tfjs.Tensor[];
    readonly attributes: { readonly [name: string]: unknown };
  }) => { readonly [operand: string]: () => tfjs.Tensor };
}

/** The i-th saved tensor; tfjs saves all of them or fails earlier. */
export function savedAt(saved: readonly tfjs.Tensor[], i: number): tfjs.Tensor {
  const tensor = saved[i];
  if (tensor === undefined)
    throw new RangeError(`gradient: expected saved tensor ${i}, got ${saved.length}`);
  return tensor;
}

/** A list-of-numbers attribute; a single number becomes a list of one. */
export function numbersOf(value: unknown): readonly number[] {
  if (typeof value === "number") return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value;
  throw new RangeError(`gradient: expected numbers, got ${String(value)}`);
}

/** Sums a gradient over the axes along which `shape` was broadcast. */
export function sumToShape(tf: Tfjs, gradient: tfjs.Tensor, shape: readonly number[]): tfjs.Tensor {
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < extra || (shape[axis - extra] === 1 && gradient.shape[axis] !== 1));
  const summed = axes.length === 0 ? gradient : tf.sum(gradient, axes, true);
  return tf.reshape(summed, [...shape]);
}
