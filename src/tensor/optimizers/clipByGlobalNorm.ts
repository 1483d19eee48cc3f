import { ConfigError } from "../../errors.ts";
import type { TensorTree } from "../TensorSpec.ts";
import { type Scalar, type Tensor, tf } from "../tf.ts";
import { flattenTree, unflattenTree } from "../tree.ts";

/** ‖x‖₂ over all tensors of a tree together, a scalar. */
export function globalNorm(tree: TensorTree): Scalar {
  const squares = flattenTree(tree, isTensor, "globalNorm").map(([, tensor]) =>
    tf.sum<Scalar>(tf.square(tensor)),
  );
  return tf.sqrt(tf.addN(squares));
}

/**
 * Scales gradients together so that their global norm is at most `maxNorm`.
 *
 *     g ← g · min(1, maxNorm / (‖g‖₂ + 10⁻⁶))
 *
 * Call it once per module to clip modules apart.
 *
 * @returns The gradients, and their norm before clipping.
 * @throws {ConfigError} If `maxNorm` ≤ 0.
 *
 * Pascanu et al. 2013, arXiv:1211.5063; the 10⁻⁶ is PyTorch's.
 */
export function clipByGlobalNorm<P extends TensorTree>(
  gradients: P,
  maxNorm: number,
): { readonly gradients: P; readonly norm: Scalar } {
  if (!(maxNorm > 0))
    throw new ConfigError("clipByGlobalNorm", `maxNorm must be > 0, got ${maxNorm}`);
  const norm = globalNorm(gradients);
  const scale = tf.minimum(1, tf.div(maxNorm, tf.add(norm, 1e-6)));
  const clipped = flattenTree(gradients, isTensor, "clipByGlobalNorm").map(
    ([path, gradient]): [string, Tensor] => [path, tf.mul(gradient, scale)],
  );
  return { gradients: unflattenTree(clipped) as P, norm };
}

function isTensor(node: object): node is Tensor {
  return node instanceof tf.Tensor;
}
