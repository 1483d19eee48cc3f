import { ConfigError, ModelError } from "../../errors.ts";
import type { DeviceChoice } from "../../tensor/device/Device.ts";
import type { CompileStats } from "../../tensor/device/Executable.ts";
import { asFloat32, type HostTensor, type HostTree, hostTensor } from "../../tensor/HostTensor.ts";
import { adam } from "../../tensor/optimizers/adamW.ts";
import { Rng } from "../../tensor/Rng.ts";
import { TrainingSession } from "../../tensor/TrainingSession.ts";
import {
  type CodebookState,
  initCodebook,
  initUniformCodebook,
} from "../codebook/CodebookState.ts";
import { type CmgConfig, checkCmgConfig } from "./config.ts";
import { type ClubParams, type CmgParams, initClubParams, initCmgParams } from "./network.ts";
import { drawNoise } from "./noise.ts";
import { cmgTrainingProgram } from "./trainingProgram.ts";

type Host = HostTensor<"float32">;

/** What a training run leaves: all that encoding needs, and the decoders. */
export interface CmgModel {
  readonly config: CmgConfig;
  readonly params: CmgParams<Host>;
  readonly codebook: CodebookState<Host>;
  /** Approximation nets, with CLUB only. */
  readonly club?: ClubParams<Host>;
}

/** How a training run is opened. */
export interface CmgTrainingOptions {
  /** Fixes weights, resets, permutations and dropout. */
  readonly seed: number;
  readonly device?: DeviceChoice;
  /** Threads on the CPU; 1 unless given. */
  readonly threads?: number;
}

/** One batch of synchronised clips. */
export interface CmgBatch {
  /** [B, T, size] or [B, T, side, side, channels] per modality. */
  readonly x: { readonly [modality: string]: Float32Array };
  /** [B] session of each clip, where CPC's guard is on. */
  readonly groups?: Int32Array;
}

/**
 * Trains CMG: encoders, decoders and predictors by one optimiser, approximation nets by another, the
 * codebook by moving averages, all in one compiled step whose state stays with the runtime.
 *
 * Key behaviours: the same seed and batches give the same weights on one device; a loss that is not
 * finite throws and leaves the state spoilt; whoever opens it disposes it.
 *
 * Xia et al. 2023, "Achieving Cross Modal Generalization with Multimodal Unified Representation".
 */
export class CmgTraining implements AsyncDisposable {
  readonly config: CmgConfig;
  readonly #session: Session;
  readonly #rng: Rng;
  #steps = 0;

  private constructor(config: CmgConfig, session: Session, rng: Rng) {
    this.config = config;
    this.#session = session;
    this.#rng = rng;
  }

  /** @throws {ConfigError} If the configuration cannot be trained. */
  static async open(config: CmgConfig, options: CmgTrainingOptions): Promise<CmgTraining> {
    checkCmgConfig(config);
    const { seed, device = "cpu", threads = 1 } = options;
    const rng = Rng.fromSeed(seed);
    const state = initialState(config, rng.fork("weights"));
    const program = cmgTrainingProgram(config, state);
    const session = (await TrainingSession.open(program as never, {
      state: state as never,
      device,
      threads,
    })) as unknown as Session;
    return new CmgTraining(config, session, rng.fork("noise"));
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
   * @param rate Learning rate; the configuration's unless given.
   * @returns Loss, its parts before weighting, agreement and perplexity of the batch's codes.
   * @throws {ModelError} If the loss is not finite.
   * @throws {ShapeError} If a modality is missing or has another size.
   */
  async step(
    { x, groups }: CmgBatch,
    rate: number = this.config.train.rate,
  ): Promise<Readonly<Record<string, number>>> {
    const { club, cpc } = this.config;
    if (cpc?.guard === true && groups === undefined)
      throw new ConfigError("CmgTraining.step", "expected groups for the guard, got none");
    const { metrics } = await this.#session.step({
      x,
      noise: drawNoise(this.config, this.#rng, groups),
      learningRate: rate,
      clubWeight: club === undefined ? 0 : warm(club.weight, club.warmup, this.#steps),
    });
    const values = Object.fromEntries(
      Object.entries(metrics).map(([name, value]) => [
        name,
        asFloat32(name, value)[0] ?? Number.NaN,
      ]),
    );
    if (!Number.isFinite(values["loss"]))
      throw new ModelError(
        "CmgTraining",
        `expected a finite loss, got ${values["loss"]} at step ${this.#steps}`,
      );
    this.#steps++;
    return values;
  }

  /** A copy of the model after the last step. */
  async readModel(): Promise<CmgModel> {
    const { params, codebook, club } = (await this.#session.readState()) as unknown as State;
    return {
      config: this.config,
      params,
      codebook,
      ...(club !== undefined && { club: club.nets }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.dispose();
  }
}

interface State {
  readonly params: CmgParams<Host>;
  readonly codebook: CodebookState<Host>;
  readonly club?: { readonly nets: ClubParams<Host> };
}

interface Session {
  readonly stats: CompileStats;
  step(feeds: unknown): Promise<{ readonly metrics: { readonly [name: string]: Float32Array } }>;
  readState(): Promise<unknown>;
  dispose(): Promise<void>;
}

function initialState(config: CmgConfig, rng: Rng): HostTree {
  const uniform = (): number => rng.uniform();
  const { codebook, cpc, modalities } = config;
  const params = initCmgParams(config, uniform) as unknown as HostTree;
  const nets = initClubParams(config, uniform) as unknown as HostTree | undefined;
  const perModality = codebook.reset?.rule === "both" ? { modalities: modalities.length } : {};
  const fresh =
    codebook.init === "data"
      ? initCodebook(codebook.size, codebook.dim, perModality)
      : initUniformCodebook(uniform, codebook.size, codebook.dim, perModality);
  const queue = cpc === undefined ? 0 : cpc.queue;
  return {
    params,
    adam: adam().init(params) as unknown as HostTree,
    codebook: { ...fresh },
    ...(nets !== undefined && {
      club: { nets, adam: adam().init(nets) as unknown as HostTree },
    }),
    ...(queue > 0 && {
      queue: Object.fromEntries(
        modalities.map(({ name }) => [
          name,
          {
            rows: hostTensor(new Float32Array(queue * codebook.dim), [queue, codebook.dim]),
            filled: hostTensor(new Float32Array(queue), [queue]),
          },
        ]),
      ),
    }),
  };
}

function warm(weight: number, warmup: number, step: number): number {
  return warmup === 0 ? weight : weight * Math.min(1, step / warmup);
}
