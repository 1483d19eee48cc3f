import { ModelError } from "../errors.ts";
import type { CodebookState } from "../models/codebook/CodebookState.ts";
import { initCodebook } from "../models/codebook/CodebookState.ts";
import type { UnifiedConfig } from "../models/unified/config.ts";
import {
  type UnifiedBatch,
  type UnifiedLossOptions,
  type UnifiedMasks,
  unifiedLoss,
} from "../models/unified/loss.ts";
import type { UnifiedParams } from "../models/unified/params.ts";
import { defineProgram } from "../tensor/defineProgram.ts";
import type { DeviceChoice } from "../tensor/device/Device.ts";
import type { CompileStats } from "../tensor/device/Executable.ts";
import { valueAndGradients } from "../tensor/gradients.ts";
import { asFloat32, type HostTensor, type HostTree, specsOf } from "../tensor/HostTensor.ts";
import { type AdamWOptions, adamW } from "../tensor/optimizers/adamW.ts";
import { clipByGlobalNorm } from "../tensor/optimizers/clipByGlobalNorm.ts";
import type { StateArrays, StateTensors } from "../tensor/optimizers/Optimizer.ts";
import { float32, int32, type SpecTree, type TensorSpec } from "../tensor/TensorSpec.ts";
import { TrainingSession } from "../tensor/TrainingSession.ts";
import type { Scalar, Tensor } from "../tensor/tf.ts";

type Host = HostTensor<"float32">;

/** All that a run carries from step to step; enough to go on after a stop. */
export interface TrainerState {
  readonly params: UnifiedParams<Host>;
  /** AdamW's moments and step count. */
  readonly optimizer: StateArrays<"m" | "v", HostTree>;
  readonly codebook: CodebookState<Host>;
  /** Steps done. */
  readonly step: number;
}

/** What a trainer is made of. */
export interface UnifiedTrainerOptions {
  readonly config: UnifiedConfig;
  readonly loss: UnifiedLossOptions;
  readonly adam: Omit<AdamWOptions, "decays">;
  /** Largest norm of all gradients together. */
  readonly clipNorm: number;
  /** B, stretches per batch. */
  readonly stretches: number;
  /** T, rows per stretch. */
  readonly rows: number;
  readonly device?: DeviceChoice;
  /** Threads on the CPU. */
  readonly threads?: number;
}

/** Host data of one batch: `UnifiedBatch` with typed arrays. */
export type HostBatch = UnifiedBatch<Float32Array, Int32Array>;

/** Host data of the dropout factors. */
export type HostMasks = UnifiedMasks<Float32Array>;

/** The state before the first step. */
export function initTrainerState(config: UnifiedConfig, params: UnifiedParams<Host>): TrainerState {
  return {
    params,
    optimizer: adamW().init<HostTree>(params),
    codebook: initCodebook(config.codes, config.codeDim),
    step: 0,
  };
}

/**
 * Trains the live model: forward, loss, gradients, AdamW and the codebook's moving average in one
 * compiled program, whose state stays with the runtime.
 *
 * A step is a pure function of state, batch, masks and rate; whoever calls draws the random numbers.
 */
export class UnifiedTrainer implements AsyncDisposable {
  readonly options: UnifiedTrainerOptions;
  readonly #session: TrainingSession<ReturnType<typeof trainingProgram>["inputs"], Outputs>;
  #step: number;

  private constructor(
    options: UnifiedTrainerOptions,
    session: TrainingSession<ReturnType<typeof trainingProgram>["inputs"], Outputs>,
    step: number,
  ) {
    this.options = options;
    this.#session = session;
    this.#step = step;
  }

  /** Compiles the training program; about a second. */
  static async open(
    options: UnifiedTrainerOptions,
    { step, ...state }: TrainerState,
  ): Promise<UnifiedTrainer> {
    const { device = "cpu", threads = 1 } = options;
    const program = trainingProgram(options, state);
    const session = await TrainingSession.open(program, { state, device, threads });
    return new UnifiedTrainer(options, session, step);
  }

  /** Steps done. */
  get steps(): number {
    return this.#step;
  }

  /** Nodes and times of the compiled program. */
  get stats(): CompileStats {
    return this.#session.stats;
  }

  /**
   * One step.
   *
   * @param rate Learning rate.
   * @returns Loss, its parts, accuracies and the gradient's norm, by name.
   * @throws {ModelError} If the loss is not finite: the state is spoilt, go back to a checkpoint.
   */
  async step(batch: HostBatch, masks: HostMasks, rate: number): Promise<Record<string, number>> {
    const { config, loss } = this.options;
    const fed = loss.headTurns === true ? { ...batch, turn: turnOf(config, this.#step) } : batch;
    const { metrics } = await this.#session.step({ batch: fed, masks, learningRate: rate });
    const values = Object.fromEntries(
      Object.entries(metrics).map(([name, value]) => [
        name,
        asFloat32(name, value)[0] ?? Number.NaN,
      ]),
    );
    if (!Number.isFinite(values["loss"]))
      throw new ModelError(
        "UnifiedTrainer",
        `expected a finite loss, got ${values["loss"]} at step ${this.#step}`,
      );
    this.#step++;
    return values;
  }

  /** A copy of the state after the last step. */
  async readState(): Promise<TrainerState> {
    const state: unknown = await this.#session.readState();
    // The session gives back the very tree it was opened with.
    return { ...(state as Omit<TrainerState, "step">), step: this.#step };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.dispose();
  }
}

/** Whose turn at the head a step is: the streams one after the other, then the joint. */
function turnOf({ streams }: UnifiedConfig, step: number): Float32Array {
  const turn = new Float32Array(streams.length + 1);
  turn[step % turn.length] = 1;
  return turn;
}

type Outputs = {
  readonly state: TensorBranch;
  readonly metrics: { readonly [name: string]: Tensor };
};

function trainingProgram(
  { config, loss: lossOptions, adam, clipNorm, stretches: B, rows: T }: UnifiedTrainerOptions,
  state: Omit<TrainerState, "step">,
) {
  // Biases, gains and offsets have one axis and do not decay.
  const optimizer = adamW({ ...adam, decays: (_, { rank }) => rank >= 2 });
  const mask = float32([B, 1, config.width]);
  const stack = (blocks: number): { [position: string]: TensorSpec } =>
    Object.fromEntries(
      [...Array.from({ length: blocks }, (_, position) => String(position)), "out"].map(
        (position) => [position, mask],
      ),
    );
  const perStream = (spec: (stream: UnifiedConfig["streams"][number]) => SpecTree): SpecTree =>
    Object.fromEntries(config.streams.map((stream) => [stream.name, spec(stream)]));
  const rows = float32([B, T]);

  return defineProgram({
    name: "train-unified",
    inputs: {
      state: specsOf(state as HostTree) as SpecTree,
      batch: {
        streams: perStream(({ size }) => ({
          x: float32([B, T, size]),
          present: rows,
          joint: rows,
        })),
        labels: int32([B, T]),
        weights: rows,
        reseed: int32([config.codes]),
        ...(lossOptions.headTurns === true && { turn: float32([config.streams.length + 1]) }),
      },
      masks: {
        streams: perStream(({ dilations }) => stack(dilations.length)),
        joint: stack(config.jointDilations.length),
      },
      learningRate: float32([]),
    },
    body: (inputs): Outputs => {
      // The trees were built from the configuration: their types are wider than what they hold.
      const { state, batch, masks, learningRate } = inputs as unknown as {
        state: {
          params: UnifiedParams<Tensor>;
          optimizer: StateTensors<"m" | "v", UnifiedParams<Tensor>>;
          codebook: CodebookState<Tensor>;
        };
        batch: UnifiedBatch<Tensor>;
        masks: UnifiedMasks<Tensor>;
        learningRate: Scalar;
      };
      const { value, gradients, aux } = valueAndGradients(state.params, (params) => {
        const { loss, metrics, codebook } = unifiedLoss(
          params,
          state.codebook,
          batch,
          masks,
          config,
          lossOptions,
        );
        return { loss, aux: { metrics, codebook } };
      });
      const clipped = clipByGlobalNorm(gradients, clipNorm);
      const next = optimizer.update(state.params, clipped.gradients, state.optimizer, {
        learningRate,
      });
      return {
        state: { params: next.params, optimizer: { ...next.state }, codebook: aux.codebook },
        metrics: { ...aux.metrics, loss: value, gradientNorm: clipped.norm },
      };
    },
  });
}

interface TensorBranch {
  readonly [name: string]: Tensor | TensorBranch;
}
