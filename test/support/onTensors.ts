import { type HostTensor, type HostTree, isHostTensor } from "../../src/tensor/HostTensor.ts";
import { type Tensor, tf } from "../../src/tensor/tf.ts";

/** The same tree with a tfjs tensor at every leaf. */
export type OnTensors<T> = T extends HostTensor
  ? Tensor
  : { readonly [K in keyof T]: OnTensors<T[K]> };

/** Puts a tree of host tensors on the active tfjs backend, to run a network eagerly in a test. */
export function onTensors<T>(tree: T): OnTensors<T> {
  const node = tree as HostTensor | HostTree;
  const result = isHostTensor(node)
    ? tf.tensor(node.data, [...node.shape], node.dtype)
    : Object.fromEntries(Object.entries(node).map(([name, child]) => [name, onTensors(child)]));
  return result as OnTensors<T>;
}
