import { ConfigError, ModelError } from "../../errors.ts";
import { defineProgram } from "../../tensor/defineProgram.ts";
import type { DeviceChoice } from "../../tensor/device/Device.ts";
import { valueAndGradients } from "../../tensor/gradients.ts";
import {
  asFloat32,
  type HostTensor,
  type HostTree,
  hostTensor,
  specsOf,
  type TensorData,
} from "../../tensor/HostTensor.ts";
import { adamW } from "../../tensor/optimizers/adamW.ts";
import type { Optimizer, StateTensors } from "../../tensor/optimizers/Optimizer.ts";
import { sgd } from "../../tensor/optimizers/sgd.ts";
import { float32, int32, type SpecTree, type TensorTree } from "../../tensor/TensorSpec.ts";
import { TrainingSession } from "../../tensor/TrainingSession.ts";
import { type Scalar, type Tensor, tf } from "../../tensor/tf.ts";
import type { LinearParams } from "../layers/Linear.ts";
import { checkMlaConfig, type MlaConfig, type MlaOptimizerConfig } from "./config.ts";
import { HeadGuard } from "./HeadGuard.ts";
import { type UnimodalBatch, unimodalLoss } from "./loss.ts";
import type { EncoderParams, MlaParams } from "./network.ts";
import { projectHead } from "./projectHead.ts";

type Host = HostTensor<"float32">;

/** Host data of one step; see `UnimodalBatch`. */
export interface MlaBatch {
  /** [B, ...input] flat. */
  readonly x: Float32Array;
  /** [B] */
  readonly labels: Int32Array;
  /** [B]; 1 throughout unless given. */
  readonly weights?: Float32Array;
  /** [B, s] factors on the features; 1 throughout unless given. */
  readonly dropout?: Float32Array;
}

/** How far a step goes. */
export interface MlaRates {
  readonly learningRate: number;
  /**
   * Factor on the head's part of the step; 1 unless given. 0 trains the encoder alone: for a sensor
   * that comes back and must first find the head that went on without it.
   */
  readonly headShare?: number;
  /** α of the guard, where it follows a schedule. */
  readonly alpha?: number;
}

/** What a step tells. */
export interface MlaStep {
  /** In nats. */
  readonly loss: number;
  /** Share of the batch that was right before the step. */
  readonly accuracy: number;
}

/** What a trainer is made of. */
export interface MlaTrainerOptions {
  readonly config: MlaConfig;
  readonly params: MlaParams<Host>;
  /** B, the same for every modality. */
  readonly batch: number;
  readonly device?: DeviceChoice;
  /** Threads on the CPU; 1 unless given. */
  readonly threads?: number;
}

/**
 * Multimodal learning by alternating unimodal adaptation (MLA): every step sees one modality alone and
 * moves its encoder and the one head that all share.
 *
 * Steps may come in any order and need no pairs: a labelled batch of one sensor is a step, an absent
 * sensor just has none. Each modality has a compiled program with its encoder, its moments and its own
 * moments for the head; the head and the guard's projector travel between the programs through the
 * host, a few kilobytes a step.
 *
 * Key behaviours: a batch whose weights are all 0 moves nothing and gives undefined; the encoder's
 * update does not depend on the guard; a failed step leaves the head as it was.
 *
 * Zhang et al. 2024, arXiv:2311.10707.
 */
export class MlaTrainer implements AsyncDisposable {
  readonly config: MlaConfig;
  readonly guard: HeadGuard;
  readonly #batch: number;
  readonly #sessions: ReadonlyMap<string, Session>;
  readonly #full: { readonly weights: Float32Array; readonly dropout: Float32Array };
  #head: LinearParams<Host>;

  private constructor(options: MlaTrainerOptions, sessions: ReadonlyMap<string, Session>) {
    const { config, params, batch } = options;
    const { guard, width, guardsBias } = config;
    this.config = config;
    this.guard = new HeadGuard({ config: guard, width, guardsBias });
    this.#batch = batch;
    this.#sessions = sessions;
    this.#head = params.head;
    this.#full = {
      weights: new Float32Array(batch).fill(1),
      dropout: new Float32Array(batch * width).fill(1),
    };
  }

  /**
   * Compiles one program per modality.
   *
   * @throws {ConfigError} If the configuration is out of its ranges or lacks weights.
   */
  static async open(options: MlaTrainerOptions): Promise<MlaTrainer> {
    const config = checkMlaConfig(options.config);
    const { device = "cpu", threads = 1, params } = options;
    const sessions = new Map<string, Session>();
    for (const modality of Object.keys(config.modalities)) {
      const encoder = params.encoders[modality];
      if (encoder === undefined)
        throw new ConfigError("MlaTrainer", `expected weights of ${modality}, got none`);
      const optimizer = createOptimizer(config.optimizer);
      const state: HostTree = {
        encoder,
        moments: optimizer.init<HostTree>(encoder) as HostTree,
        headMoments: optimizer.init<HostTree>(params.head) as HostTree,
      };
      const program = stepProgram(options, modality, optimizer, state);
      sessions.set(modality, await TrainingSession.open(program, { state, device, threads }));
    }
    return new MlaTrainer(options, sessions);
  }

  /** The head after the last step; borrowed, not to be written to. */
  get head(): LinearParams<Host> {
    return this.#head;
  }

  /**
   * One step of one modality.
   *
   * @returns undefined where no example has any weight.
   * @throws {ConfigError} If there is no such modality.
   * @throws {ShapeError} If a feed has another size.
   * @throws {ModelError} If the loss is not finite: that modality's state is spoilt.
   */
  async step(modality: string, batch: MlaBatch, rates: MlaRates): Promise<MlaStep | undefined> {
    const session = this.#sessions.get(modality);
    if (session === undefined)
      throw new ConfigError(
        "MlaTrainer",
        `expected one of ${[...this.#sessions.keys()]}, got ${modality}`,
      );
    const { weights = this.#full.weights, dropout = this.#full.dropout } = batch;
    if (weights.length === this.#batch && weights.every((weight) => weight === 0)) return undefined;
    const guarded = this.config.guard.kind !== "none";
    const result = await session.step({
      head: this.#head,
      batch: { x: batch.x, labels: batch.labels, weights, dropout },
      learningRate: rates.learningRate,
      headShare: rates.headShare ?? 1,
      ...(guarded && {
        projector: Float32Array.from(this.guard.next(modality, rates.alpha)),
      }),
    } as never);
    // Every output is a leaf: a typed array.
    const read = (name: keyof Outputs): Float32Array =>
      asFloat32(`MlaTrainer.${name}`, result[name] as TensorData);
    const loss = read("loss")[0] ?? Number.NaN;
    if (!Number.isFinite(loss))
      throw new ModelError("MlaTrainer", `expected a finite loss of ${modality}, got ${loss}`);
    this.guard.observe(modality, read("mean"));
    const { weight, bias } = this.#head;
    this.#head = {
      weight: hostTensor(read("weight"), weight.shape),
      bias: hostTensor(read("bias"), bias.shape),
    };
    return { loss, accuracy: read("accuracy")[0] ?? Number.NaN };
  }

  /** A copy of all weights after the last step. */
  async readParams(): Promise<MlaParams<Host>> {
    const encoders: Record<string, EncoderParams<Host>> = {};
    // The session gives back the very tree it was opened with.
    for (const [modality, session] of this.#sessions)
      encoders[modality] = (await session.readState())["encoder"] as unknown as EncoderParams<Host>;
    const { weight, bias } = this.#head;
    return {
      encoders,
      head: {
        weight: hostTensor(Float32Array.from(weight.data), weight.shape),
        bias: hostTensor(Float32Array.from(bias.data), bias.shape),
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions.values()) await session.dispose();
  }
}

type Outputs = {
  readonly state: TensorTree;
  readonly loss: Tensor;
  readonly accuracy: Tensor;
  readonly mean: Tensor;
  readonly weight: Tensor;
  readonly bias: Tensor;
};
type Session = TrainingSession<SpecTree & { readonly state: SpecTree }, Outputs & TensorTree>;

/** Biases, gains and offsets have one axis and do not decay. */
function createOptimizer(config: MlaOptimizerConfig): Optimizer<string> {
  if (config.kind === "sgd") return sgd(config) as unknown as Optimizer<string>;
  const { weightDecay, beta2 } = config;
  return adamW({ weightDecay, beta2, decays: (_, { rank }) => rank >= 2 });
}

function stepProgram(
  { config, params, batch: B }: MlaTrainerOptions,
  modality: string,
  optimizer: Optimizer<string>,
  state: HostTree,
) {
  const encoder = config.modalities[modality] ?? { input: [], layers: [] };
  const size = config.guardsBias ? config.width + 1 : config.width;
  const guarded = config.guard.kind !== "none";
  return defineProgram({
    name: `train-mla/${modality}`,
    inputs: {
      state: specsOf(state) as SpecTree,
      head: specsOf(params.head) as SpecTree,
      batch: {
        x: float32([B, ...encoder.input]),
        labels: int32([B]),
        weights: float32([B]),
        dropout: float32([B, config.width]),
      },
      ...(guarded && { projector: float32([size, size]) }),
      learningRate: float32([]),
      headShare: float32([]),
    } as SpecTree & { readonly state: SpecTree },
    body: (inputs): Outputs & TensorTree => {
      // The trees are built from the configuration: their types are wider than what they hold.
      const { state, head, batch, projector, learningRate, headShare } = inputs as unknown as {
        state: {
          encoder: EncoderParams<Tensor>;
          moments: StateTensors<string, EncoderParams<Tensor>>;
          headMoments: StateTensors<string, LinearParams<Tensor>>;
        };
        head: LinearParams<Tensor>;
        batch: UnimodalBatch;
        projector?: Tensor;
        learningRate: Scalar;
        headShare: Scalar;
      };
      const { value, gradients, aux } = valueAndGradients(
        { encoder: state.encoder, head },
        (current) => {
          const { loss, ...rest } = unimodalLoss(encoder, current, batch, config.labelSmoothing);
          return { loss, aux: rest };
        },
      );
      const next = optimizer.update(state.encoder, gradients.encoder, state.moments, {
        learningRate,
      });
      const project = (change: LinearParams<Tensor>): LinearParams<Tensor> =>
        projector === undefined ? change : projectHead(change, projector);
      // Beginning at zero the optimiser gives its update alone, exactly, and decays nothing.
      const zeros = { weight: tf.zerosLike(head.weight), bias: tf.zerosLike(head.bias) };
      const early = config.guarded === "gradient";
      const turn = optimizer.update(
        zeros,
        early ? project(gradients.head) : gradients.head,
        state.headMoments,
        { learningRate },
      );
      const change = early ? turn.params : project(turn.params);
      return {
        state: {
          encoder: next.params,
          moments: { ...next.state } as TensorTree,
          headMoments: { ...turn.state } as TensorTree,
        },
        loss: value,
        accuracy: aux.accuracy,
        mean: aux.mean,
        weight: tf.add(head.weight, tf.mul(change.weight, headShare)),
        bias: tf.add(head.bias, tf.mul(change.bias, headShare)),
      };
    },
  });
}
