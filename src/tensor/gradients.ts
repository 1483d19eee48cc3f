import { TraceError } from "../errors.ts";
import type { TensorTree } from "./TensorSpec.ts";
import { type Scalar, type Tensor, tf } from "./tf.ts";
import { flattenTree, unflattenTree } from "./tree.ts";

/**
 * The value of x as a constant: gradients do not flow through it.
 *
 * tfjs has no stop_gradient; a tensor that shares x's data but is on no tape is one.
 */
export function stopGradient<T extends Tensor>(x: T): T {
  const engine = tf.engine();
  engine.backend.incRef(x.dataId);
  return engine.makeTensorFromTensorInfo({ dataId: x.dataId, shape: x.shape, dtype: x.dtype }) as T;
}

/**
 * q going forward, x going backward: ∂/∂x = 1, ∂/∂q = 0. Both of one shape.
 *
 * Bengio et al. 2013, arXiv:1308.3432; for vector quantisation van den Oord et al. 2017, § 3.2,
 * arXiv:1711.00937.
 */
export function straightThrough<T extends Tensor>(x: T, q: Tensor): T {
  const value = stopGradient(q);
  const pass = tf.customGrad(() => ({ value, gradFunc: (dy: Tensor) => dy }));
  return pass(x) as T;
}

/** What `valueAndGradients` gives: the loss, its gradients named like the parameters, and the rest. */
export interface ValueAndGradients<P, A> {
  readonly value: Scalar;
  readonly gradients: P;
  readonly aux: A;
}

/**
 * The value of a scalar loss and its gradient for every tensor of a named tree.
 *
 * A parameter that the loss does not reach gets zeros. Whatever else the loss computes on the way
 * (metrics, new codebook counts) comes back as `aux`, without gradient.
 *
 * @param params Named float32 tensors, nested as the caller likes.
 * @param loss Gives a scalar, or a scalar with further tensors.
 * @throws {TraceError} If no parameter reaches the loss, or the loss is not a scalar.
 */
export function valueAndGradients<P extends TensorTree>(
  params: P,
  loss: (params: P) => Scalar,
): ValueAndGradients<P, Record<never, never>>;
export function valueAndGradients<P extends TensorTree, A extends TensorTree>(
  params: P,
  loss: (params: P) => { readonly loss: Scalar; readonly aux: A },
): ValueAndGradients<P, A>;
export function valueAndGradients<P extends TensorTree>(
  params: P,
  loss: (params: P) => Scalar | { readonly loss: Scalar; readonly aux: TensorTree },
): ValueAndGradients<P, TensorTree> {
  const leaves = flattenTree(params, isTensor, "valueAndGradients");
  const tensors = leaves.map(([, tensor]) => tensor);
  const kept: [string, Tensor][] = [];
  const { value, grads } = tf.engine().gradients(
    () => {
      const result = loss(params);
      if (isTensor(result)) return result;
      // Kept, or the tape's scope would dispose them before the body can return them.
      for (const [path, tensor] of flattenTree(result.aux, isTensor, "valueAndGradients"))
        kept.push([path, tf.keep(tf.clone(tensor))]);
      return result.loss;
    },
    tensors,
    undefined,
    true,
  );
  if (value.rank !== 0)
    throw new TraceError("valueAndGradients", `loss must be a scalar, got shape [${value.shape}]`);
  if (grads.every((gradient) => gradient === null || gradient === undefined))
    throw new TraceError(
      "valueAndGradients",
      "loss must depend on a parameter, got none that does",
    );
  const gradients = leaves.map(([path, tensor], i): [string, Tensor] => [
    path,
    grads[i] ?? tf.zerosLike(tensor),
  ]);
  const aux = kept.map(([path, tensor]): [string, Tensor] => {
    const copy = stopGradient(tensor);
    tensor.dispose();
    return [path, copy];
  });
  return {
    value: value as Scalar,
    gradients: unflattenTree(gradients) as P,
    aux: unflattenTree(aux),
  };
}

function isTensor(node: object): node is Tensor {
  return node instanceof tf.Tensor;
}
