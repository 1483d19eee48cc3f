import { type Tensor, tf } from "../tf.ts";
import { isTracing } from "../trace/TraceBackend.ts";

/**
 * Logarithm of the softmax over the last axis, as one kernel: log(exp(x) / Σ exp(x)).
 *
 * `tf.logSoftmax` gives the same numbers composed of six kernels.
 *
 * @param x [..., D] float32.
 * @returns [..., D], ≤ 0.
 */
export function logSoftmax<T extends Tensor>(x: T): T {
  // tfjs's own backends have no such kernel.
  if (!isTracing()) return tf.logSoftmax(x);
  return tf.engine().runKernel("LogSoftmax", { logits: x }, { axis: x.rank - 1 });
}
