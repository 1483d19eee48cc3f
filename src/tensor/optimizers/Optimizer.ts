import type { HostTensor, HostTree } from "../HostTensor.ts";
import type { SpecTree, TensorSpec, TensorTree } from "../TensorSpec.ts";
import type { Scalar } from "../tf.ts";

/** What every update takes besides gradients and state. */
export interface UpdateOptions {
  /** Learning rate as a scalar input of the program, so that schedules need no new trace. */
  readonly learningRate: Scalar;
}

/** State as inputs of a program: for each part a tree like the parameters, and the step counter. */
export type StateSpecs<K extends string, P extends SpecTree> = { readonly [N in K]: P } & {
  readonly step: TensorSpec<readonly [], "float32">;
};

/** State inside a body. */
export type StateTensors<K extends string, P extends TensorTree> = { readonly [N in K]: P } & {
  readonly step: Scalar;
};

/** State outside programs. */
export type StateArrays<K extends string, T extends HostTree> = { readonly [N in K]: T } & {
  readonly step: HostTensor<"float32">;
};

/**
 * An optimiser as pure functions: `stateSpecs` and `init` outside a program, `update` inside a body.
 *
 * `K` names the parts of the state that have one tensor per parameter, "m" and "v" for Adam.
 */
export interface Optimizer<K extends string> {
  /** Specs of the state of parameters with the given specs. */
  stateSpecs<P extends SpecTree>(params: P): StateSpecs<K, P>;
  /** State before the first step: zeros shaped like the parameters. */
  init<T extends HostTree>(params: T): StateArrays<K, T>;
  /** One step, inside a body. Gradients are named like the parameters. */
  update<P extends TensorTree>(
    params: P,
    gradients: P,
    state: StateTensors<K, P>,
    options: UpdateOptions,
  ): { readonly params: P; readonly state: StateTensors<K, P> };
}
