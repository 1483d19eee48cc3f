import { ShapeError } from "../../errors.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import type { Uniform } from "./Uniform.ts";

/** Weights of an affine map. `L` is a host tensor outside programs, a tfjs tensor inside. */
export type LinearParams<L> = {
  /** [in, out] */
  readonly weight: L;
  /** [out] */
  readonly bias: L;
};

/**
 * Fresh weights of an affine map: uniform with variance gain² / in, bias 0.
 *
 * @param gain 1 keeps the variance of a linear layer, √2 that of one before a rectifier.
 *
 * He et al. 2015, eq. 10, arXiv:1502.01852 (fan-in form).
 */
export function initLinear(
  uniform: Uniform,
  inputs: number,
  outputs: number,
  gain = 1,
): LinearParams<HostTensor<"float32">> {
  const bound = gain * Math.sqrt(3 / inputs);
  const weight = new Float32Array(inputs * outputs);
  for (let i = 0; i < weight.length; i++) weight[i] = (2 * uniform() - 1) * bound;
  return {
    weight: hostTensor(weight, [inputs, outputs]),
    bias: hostTensor(new Float32Array(outputs), [outputs]),
  };
}

/**
 * y = x · W + b over the last axis.
 *
 * @param x [..., in]
 * @returns [..., out]
 * @throws {ShapeError} If the last axis of `x` is not `in`.
 */
export function linear({ weight, bias }: LinearParams<Tensor>, x: Tensor): Tensor {
  const [inputs = 0, outputs = 0] = weight.shape;
  if (x.shape.at(-1) !== inputs)
    throw new ShapeError("linear", `last axis must be ${inputs}, got [${x.shape}]`);
  // One 2-D product: the compiler makes a single Gemm of it, a batched one would broadcast W.
  const flat = x.rank === 2 ? x : tf.reshape(x, [-1, inputs]);
  const y = tf.add(tf.matMul(flat, weight), bias);
  return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), outputs]);
}
