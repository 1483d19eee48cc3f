import { type HostTree, hostTensor, specsOf, zerosOf } from "../HostTensor.ts";
import { float32, type SpecTree, type TensorTree } from "../TensorSpec.ts";
import { type Scalar, type Tensor, tf } from "../tf.ts";
import { flattenTree, unflattenTree } from "../tree.ts";
import type { Optimizer, StateArrays, StateSpecs, StateTensors } from "./Optimizer.ts";

/** The arithmetic of one parameter: its next value and its next state parts, in the order of `parts`. */
export type ParameterRule = (step: {
  readonly path: string;
  readonly param: Tensor;
  readonly gradient: Tensor;
  readonly parts: readonly Tensor[];
}) => { readonly param: Tensor; readonly parts: readonly Tensor[] };

/**
 * Builds an optimiser from the rule for one parameter.
 *
 * @param parts Names of the state tensors each parameter has.
 * @param createRule Called once per update with the learning rate and the number of this step
 *   (1 for the first), for what all parameters share.
 */
export function createOptimizer<K extends string>(
  parts: readonly K[],
  createRule: (learningRate: Scalar, step: Scalar) => ParameterRule,
): Optimizer<K> {
  return {
    stateSpecs<P extends SpecTree>(params: P) {
      return { ...repeat(parts, params), step: float32([]) } as StateSpecs<K, P>;
    },
    init<T extends HostTree>(params: T) {
      const zeros = repeat(parts, zerosOf(specsOf(params) as SpecTree));
      return { ...zeros, step: hostTensor(new Float32Array(1), []) } as unknown as StateArrays<
        K,
        T
      >;
    },
    update<P extends TensorTree>(
      params: P,
      gradients: P,
      state: StateTensors<K, P>,
      { learningRate }: { readonly learningRate: Scalar },
    ) {
      const step: Scalar = tf.add(state.step, 1);
      const rule = createRule(learningRate, step);
      const gradientOf = new Map(flattenTree(gradients, isTensor, "gradients"));
      const partsOf = parts.map((part) => new Map(flattenTree(state[part], isTensor, part)));
      const nextParams: [string, Tensor][] = [];
      const nextParts = parts.map((): [string, Tensor][] => []);
      for (const [path, param] of flattenTree(params, isTensor, "params")) {
        const gradient = gradientOf.get(path) ?? tf.zerosLike(param);
        const held = partsOf.map((part) => part.get(path) ?? tf.zerosLike(param));
        const next = rule({ path, param, gradient, parts: held });
        nextParams.push([path, next.param]);
        next.parts.forEach((part, i) => void nextParts[i]?.push([path, part]));
      }
      const nextState = Object.fromEntries(
        parts.map((part, i) => [part, unflattenTree(nextParts[i] ?? [])]),
      );
      // Same names and shapes as came in, so the same types.
      return {
        params: unflattenTree(nextParams) as P,
        state: { ...nextState, step } as StateTensors<K, P>,
      };
    },
  };
}

function repeat<K extends string, T>(parts: readonly K[], tree: T): { readonly [N in K]: T } {
  return Object.fromEntries(parts.map((part) => [part, tree])) as { readonly [N in K]: T };
}

function isTensor(node: object): node is Tensor {
  return node instanceof tf.Tensor;
}
