import { type HostTensor, hostTensor } from "../../../src/tensor/HostTensor.ts";
import type { Rng } from "../../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../../src/tensor/TensorSpec.ts";
import type { Tensor } from "../../../src/tensor/tf.ts";

/** One random draw for a kernel: operands and the function under test. */
export interface KernelDraw {
  readonly operands: readonly HostTensor[];
  readonly apply: (...operands: Tensor[]) => Tensor | Tensor[];
  /** Operands to differentiate; all float32 ones unless said otherwise. */
  readonly differentiable?: readonly number[];
}

/** How a kernel is checked: the tfjs kernels it exercises and how to draw a case. */
export interface KernelCase {
  readonly name: string;
  /** Kernels that the trace must record, so that a case cannot silently test something else. */
  readonly kernels: readonly string[];
  readonly draw: (rng: Rng) => KernelDraw;
  /** Whether value only: the function has no gradient in tfjs, or none that means anything. */
  readonly valueOnly?: boolean;
}

/** Random sizes: rank in [low, high], each dimension in [1, 4]. */
export function drawShape(rng: Rng, low = 0, high = 4): number[] {
  return Array.from({ length: rng.int(low, high + 1) }, () => rng.int(1, 5));
}

/** Two shapes that broadcast: the second drops leading axes and sets some to 1, or the other way round. */
export function drawBroadcast(rng: Rng): [number[], number[]] {
  const full = drawShape(rng, 0, 4);
  const part = full
    .slice(rng.int(0, full.length + 1))
    .map((size) => (rng.uniform() < 0.4 ? 1 : size));
  return rng.uniform() < 0.5 ? [full, part] : [part, full];
}

/** Float32 elements, uniform in [low, high). */
export function floats(rng: Rng, shape: readonly number[], low = -2, high = 2): HostTensor {
  return hostTensor(rng.uniformArray(sizeOfShape(shape), low, high), shape);
}

/** Int32 elements in [low, high). */
export function integers(
  rng: Rng,
  shape: readonly number[],
  low: number,
  high: number,
): HostTensor {
  const data = Int32Array.from({ length: sizeOfShape(shape) }, () => rng.int(low, high));
  return hostTensor(data, shape);
}

/** Random truth values. */
export function truths(rng: Rng, shape: readonly number[]): HostTensor {
  return hostTensor(
    Uint8Array.from({ length: sizeOfShape(shape) }, () => rng.int(0, 2)),
    shape,
  );
}

/** Distinct floats in random order, so that maxima are unique. */
export function distinctFloats(rng: Rng, shape: readonly number[]): HostTensor {
  const data = rng.shuffle(
    Float32Array.from({ length: sizeOfShape(shape) }, (_, i) => i * 0.37 - 3),
  );
  return hostTensor(data, shape);
}

/** An axis, counted from the front or from the back. */
export function drawAxis(rng: Rng, rank: number): number {
  const axis = rng.int(0, rank);
  return rng.uniform() < 0.5 ? axis : axis - rank;
}

/** Some distinct axes, possibly all. */
export function drawAxes(rng: Rng, rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter(() => rng.uniform() < 0.6);
  return axes.map((axis) => (rng.uniform() < 0.5 ? axis : axis - rank));
}
