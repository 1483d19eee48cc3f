import { ConfigError, ShapeError } from "../../errors.ts";
import { type CompiledProgram, compile } from "../../tensor/compile.ts";
import { defineProgram } from "../../tensor/defineProgram.ts";
import type { DeviceChoice } from "../../tensor/device/Device.ts";
import { asFloat32, type HostTensor, hostTensor, specsOf } from "../../tensor/HostTensor.ts";
import { float32, type SpecTree, type TensorTree } from "../../tensor/TensorSpec.ts";
import type { Tensor } from "../../tensor/tf.ts";
import { combineEmbeddings } from "./combine.ts";
import { checkGmcConfig, type GmcConfig, modalityOf } from "./config.ts";
import { encodeJoint, encodeModality, type GmcInputs, project } from "./network.ts";
import type { GmcParams, GmcStatistics } from "./params.ts";

/** A trained model: all that inference needs. */
export interface GmcModel {
  readonly config: GmcConfig;
  readonly params: GmcParams<HostTensor<"float32">>;
  /** Where the configuration has batch normalisation. */
  readonly statistics?: GmcStatistics<HostTensor<"float32">>;
}

/** Inputs of some instants, [N, ...shape] per modality; a missing modality is left out. */
export type GmcObservation = { readonly [modality: string]: HostTensor<"float32"> | undefined };

/** What stands for some instants; without a single modality there is nothing that could. */
export type GmcRepresentation =
  | {
      readonly kind: "available";
      /** [N, s] */
      readonly z: HostTensor<"float32">;
      /** Whose it is: of the joint encoder, or the mean of these modalities. */
      readonly from: "joint" | "modalities";
      readonly modalities: readonly string[];
    }
  | { readonly kind: "unavailable" };

/** How an encoder is opened. */
export interface GmcEncoderOptions {
  /** Rows per run; fewer are padded, more are cut into runs. Default 1. */
  readonly batch?: number;
  readonly device?: DeviceChoice;
  readonly threads?: number;
}

type Program = CompiledProgram<SpecTree, TensorTree>;

/**
 * Runs a trained GMC model on any subset of its modalities.
 *
 * Key behaviours: each base encoder and the joint encoder is a program of its own, compiled at first
 * use; all modalities there: the joint encoder; some: the mean of their embeddings; none: `unavailable`,
 * never a vector of zeros. All rows of one call have the same modalities.
 */
export class GmcEncoder implements AsyncDisposable {
  readonly config: GmcConfig;
  readonly #model: GmcModel;
  readonly #batch: number;
  readonly #options: GmcEncoderOptions;
  readonly #programs = new Map<string, Promise<Program>>();

  /** @throws {ConfigError} If the configuration is wrong or `batch` < 1. */
  constructor(model: GmcModel, options: GmcEncoderOptions = {}) {
    checkGmcConfig(model.config);
    const { batch = 1 } = options;
    if (!(Number.isInteger(batch) && batch >= 1))
      throw new ConfigError("GmcEncoder", `batch must be an integer >= 1, got ${batch}`);
    this.config = model.config;
    this.#model = model;
    this.#batch = batch;
    this.#options = options;
  }

  /**
   * What stands for these instants, whatever subset of the modalities is there.
   *
   * @throws {ConfigError} If a modality is unknown. @throws {ShapeError} If an input does not fit.
   */
  async represent(
    observation: GmcObservation,
    options: { readonly renormalize?: boolean } = {},
  ): Promise<GmcRepresentation> {
    const there = Object.entries(observation).flatMap(([name, x]) =>
      x === undefined ? [] : [[modalityOf(this.config, name).name, x] as const],
    );
    const modalities = there.map(([name]) => name);
    if (there.length === 0) return { kind: "unavailable" };
    if (there.length === this.config.modalities.length)
      return {
        kind: "available",
        z: await this.joint(Object.fromEntries(there)),
        from: "joint",
        modalities,
      };
    const embeddings: HostTensor<"float32">[] = [];
    for (const [name, x] of there) embeddings.push(await this.modality(name, x));
    return {
      kind: "available",
      z: combineEmbeddings(embeddings, options),
      from: "modalities",
      modalities,
    };
  }

  /** z_J [N, s]. @throws {ShapeError} If an input is missing or does not fit. */
  joint(inputs: {
    readonly [modality: string]: HostTensor<"float32">;
  }): Promise<HostTensor<"float32">> {
    const { config } = this;
    return this.#run(
      "joint",
      inputs,
      (params, statistics, x) =>
        encodeJoint(config, params, x, {
          mode: "inference",
          ...(statistics !== undefined && { statistics }),
        }).h,
    );
  }

  /** z_m [N, s]. @throws {ConfigError} If there is no such modality. */
  modality(name: string, x: HostTensor<"float32">): Promise<HostTensor<"float32">> {
    const { config } = this;
    modalityOf(config, name);
    return this.#run(name, { [name]: x }, (params, statistics, inputs) => {
      const input = inputs[name];
      if (input === undefined) throw new ShapeError("GmcEncoder", `expected an input ${name}`);
      return encodeModality(config, params, name, input, {
        mode: "inference",
        ...(statistics !== undefined && { statistics }),
      }).h;
    });
  }

  /** Closes every program that was opened. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    const opened = [...this.#programs.values()];
    this.#programs.clear();
    for (const result of await Promise.allSettled(opened))
      if (result.status === "fulfilled") await result.value.dispose();
  }

  async #run(
    key: string,
    inputs: { readonly [modality: string]: HostTensor<"float32"> },
    hidden: Hidden,
  ): Promise<HostTensor<"float32">> {
    const names = key === "joint" ? this.config.modalities.map(({ name }) => name) : [key];
    const given = names.map((name) => {
      const x = inputs[name];
      const { shape } = modalityOf(this.config, name);
      if (x === undefined || x.shape.slice(1).join() !== shape.join())
        throw new ShapeError(
          "GmcEncoder",
          `expected ${name} of [N, ${shape}], got ${x === undefined ? "none" : `[${x.shape}]`}`,
        );
      return { name, x, size: x.data.length / Math.max(1, x.shape[0] ?? 0) };
    });
    const rows = given[0]?.x.shape[0] ?? 0;
    if (given.some(({ x }) => x.shape[0] !== rows))
      throw new ShapeError("GmcEncoder", `expected ${rows} rows of every input`);
    const opening = this.#programs.get(key) ?? this.#open(key, names, hidden);
    this.#programs.set(key, opening);
    const program = await opening;
    const size = this.config.head.embedding;
    const out = new Float32Array(rows * size);
    for (let from = 0; from < rows; from += this.#batch) {
      const count = Math.min(this.#batch, rows - from);
      const feeds = given.map(({ name, x, size: each }) => {
        const batch = new Float32Array(this.#batch * each);
        batch.set(x.data.subarray(from * each, (from + count) * each));
        return [name, batch] as const;
      });
      const { z } = await program.run({ inputs: Object.fromEntries(feeds) } as never);
      out.set(asFloat32("z", z as Float32Array).subarray(0, count * size), from * size);
    }
    return hostTensor(out, [rows, size]);
  }

  #open(key: string, names: readonly string[], hidden: Hidden): Promise<Program> {
    const { config, params, statistics } = this.#model;
    // Only what the program reads is baked into it.
    const encoder = params.modalities[key];
    const weights = {
      modalities: encoder === undefined ? {} : { [key]: encoder },
      ...(key === "joint" && { joint: params.joint }),
      head: params.head,
    };
    const model = { params: weights, ...(statistics !== undefined && { statistics }) };
    const program = defineProgram({
      name: `gmc ${key}`,
      inputs: {
        model: specsOf(model) as SpecTree,
        inputs: Object.fromEntries(
          names.map((name) => [name, float32([this.#batch, ...modalityOf(config, name).shape])]),
        ) as SpecTree,
      },
      body: (tensors) => {
        const { model: baked, inputs } = tensors as unknown as {
          model: { params: GmcParams<Tensor>; statistics?: GmcStatistics<Tensor> };
          inputs: GmcInputs;
        };
        const h = hidden(
          { ...baked.params, modalities: baked.params.modalities ?? {} },
          baked.statistics,
          inputs,
        );
        return { z: project(config, baked.params.head, h) };
      },
    });
    const { device, threads } = this.#options;
    return compile(program as never, {
      constants: { model } as never,
      ...(device !== undefined && { device }),
      ...(threads !== undefined && { threads }),
    }) as Promise<Program>;
  }
}

type Hidden = (
  params: GmcParams<Tensor>,
  statistics: GmcStatistics<Tensor> | undefined,
  inputs: GmcInputs,
) => Tensor;
