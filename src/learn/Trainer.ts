import { ConfigError, ModelError } from "../errors.ts";
import { defineProgram } from "../tensor/defineProgram.ts";
import type { DeviceChoice } from "../tensor/device/Device.ts";
import type { CompileStats } from "../tensor/device/Executable.ts";
import { valueAndGradients } from "../tensor/gradients.ts";
import { asFloat32, type FeedsOf, type HostTree, specsOf } from "../tensor/HostTensor.ts";
import { adam } from "../tensor/optimizers/adamW.ts";
import { clipByGlobalNorm } from "../tensor/optimizers/clipByGlobalNorm.ts";
import type { Optimizer } from "../tensor/optimizers/Optimizer.ts";
import {
  float32,
  type SpecTree,
  type TensorSpec,
  type TensorsOf,
  type TensorTree,
} from "../tensor/TensorSpec.ts";
import { TrainingSession } from "../tensor/TrainingSession.ts";
import type { Scalar, Tensor } from "../tensor/tf.ts";

/** A tree of host arrays as a loss sees it: the same names, a tensor at every leaf. */
export type AsTensors<T> = T extends { readonly dtype: string; readonly data: unknown }
  ? Tensor
  : { readonly [K in keyof T]: AsTensors<T[K]> };

/** What a loss gives for one batch. */
export interface TrainerLoss<X> {
  /** [] what the step lowers. */
  readonly loss: Tensor;
  /** [] each, told by the step under their names. */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /** What is carried to the next step without a gradient; the tree `extra` came as. */
  readonly extra?: X;
}

/** What a trainer is made of. */
export interface TrainerOptions<P extends HostTree, X extends HostTree, B extends SpecTree> {
  /** Name of the program, for errors and profiles. */
  readonly name: string;
  /** The weights it starts from; copied. */
  readonly params: P;
  /** State without a gradient, such as a codebook or running statistics; copied. */
  readonly extra?: X;
  /** Shapes of what a step is fed. */
  readonly batch: B;
  /** Pure function of tensors: no value may be read, randomness is part of the batch. */
  readonly loss: (
    params: AsTensors<P>,
    batch: TensorsOf<B>,
    extra: AsTensors<X>,
  ) => TrainerLoss<AsTensors<X>>;
  /** Default: Adam without weight decay. */
  readonly optimizer?: Optimizer<string>;
  /** Largest norm of all gradients together; unlimited unless given. */
  readonly clipNorm?: number;
  readonly device?: DeviceChoice;
  /** Threads on the CPU; 1 unless given. */
  readonly threads?: number;
}

/**
 * Trains any model: forward, loss, gradients, clipping and the optimiser in one compiled program whose
 * state stays with the runtime.
 *
 * A step is a pure function of state, batch and rate; whoever calls draws the random numbers. Weights
 * the loss does not reach keep their values under an optimiser without decay.
 */
export class Trainer<P extends HostTree, X extends HostTree, B extends SpecTree>
  implements AsyncDisposable
{
  readonly name: string;
  readonly #session: Session;
  #steps = 0;

  private constructor(name: string, session: Session) {
    this.name = name;
    this.#session = session;
  }

  /**
   * Compiles the step; about a second for a million weights.
   *
   * @throws {ConfigError} If a metric is called `loss` or `gradientNorm`, or `clipNorm` is not positive.
   */
  static async open<
    P extends HostTree,
    B extends SpecTree,
    X extends HostTree = Record<never, never>,
  >(options: TrainerOptions<P, X, B>): Promise<Trainer<P, X, B>> {
    const { name, params, extra, optimizer = adam(), device = "cpu", threads = 1 } = options;
    if (options.clipNorm !== undefined && !(options.clipNorm > 0))
      throw new ConfigError(name, `clipNorm must be > 0, got ${options.clipNorm}`);
    const state: HostTree = {
      params,
      optimizer: optimizer.init(params) as HostTree,
      ...(extra !== undefined && { extra }),
    };
    const program = stepProgram({ ...options, optimizer }, state);
    const session = await TrainingSession.open(program, { state, device, threads });
    return new Trainer(name, session);
  }

  /** Steps done. */
  get steps(): number {
    return this.#steps;
  }

  /** Nodes and times of the compiled program. */
  get stats(): CompileStats {
    return this.#session.stats;
  }

  /**
   * One step.
   *
   * @returns `loss`, `gradientNorm` (before clipping) and the loss's own metrics.
   * @throws {ModelError} If the loss is not finite: the state is spoilt.
   * @throws {ShapeError} If a feed is missing or has another size.
   */
  async step(batch: FeedsOf<B>, learningRate: number): Promise<Record<string, number>> {
    const { metrics } = await this.#session.step({ batch, learningRate } as never);
    const values = Object.fromEntries(
      Object.entries(metrics).map(([key, value]) => [key, asFloat32(key, value)[0] ?? Number.NaN]),
    );
    if (!Number.isFinite(values["loss"]))
      throw new ModelError(
        this.name,
        `expected a finite loss, got ${values["loss"]} at step ${this.#steps}`,
      );
    this.#steps++;
    return values;
  }

  /** A copy of the weights after the last step. */
  async readParams(): Promise<P> {
    // The session gives back the very tree it was opened with.
    return (await this.#session.readState())["params"] as unknown as P;
  }

  /** A copy of what is carried beside the weights. */
  async readExtra(): Promise<X> {
    return ((await this.#session.readState())["extra"] ?? {}) as unknown as X;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.dispose();
  }
}

type StepOutputs = {
  readonly state: TensorTree;
  readonly metrics: Readonly<Record<string, Tensor>>;
};
type StepInputs = {
  readonly state: SpecTree;
  readonly batch: SpecTree;
  readonly learningRate: TensorSpec<readonly [], "float32">;
};
type Session = TrainingSession<StepInputs, StepOutputs>;

function stepProgram<P extends HostTree, X extends HostTree, B extends SpecTree>(
  {
    name,
    batch: batchSpecs,
    loss,
    optimizer,
    clipNorm,
  }: TrainerOptions<P, X, B> & { readonly optimizer: Optimizer<string> },
  host: HostTree,
) {
  return defineProgram({
    name,
    inputs: {
      state: specsOf(host) as SpecTree,
      batch: batchSpecs as SpecTree,
      learningRate: float32([]),
    },
    body: (inputs): StepOutputs => {
      // The trees are built from the options: their types are wider than what they hold.
      const { state, batch, learningRate } = inputs as unknown as {
        state: { params: TensorTree; optimizer: never; extra?: TensorTree };
        batch: TensorsOf<B>;
        learningRate: Scalar;
      };
      const { value, gradients, aux } = valueAndGradients(state.params, (params) => {
        const result = loss(
          params as AsTensors<P>,
          batch,
          (state.extra ?? {}) as unknown as AsTensors<X>,
        );
        const metrics = result.metrics ?? {};
        for (const reserved of ["loss", "gradientNorm"])
          if (reserved in metrics)
            throw new ConfigError(
              name,
              `expected other metrics than "${reserved}", which the step adds`,
            );
        return {
          loss: result.loss as Scalar,
          aux: { metrics, extra: (result.extra ?? state.extra ?? {}) as TensorTree },
        };
      });
      const clipped = clipByGlobalNorm(gradients, clipNorm ?? Number.MAX_VALUE);
      const next = optimizer.update(
        state.params,
        clipNorm === undefined ? gradients : clipped.gradients,
        state.optimizer,
        { learningRate },
      );
      return {
        state: {
          params: next.params,
          optimizer: { ...next.state } as TensorTree,
          ...(state.extra !== undefined && { extra: (aux.extra ?? state.extra) as TensorTree }),
        },
        metrics: { ...(aux.metrics ?? {}), loss: value, gradientNorm: clipped.norm },
      };
    },
  });
}
