import { ConfigError } from "../../errors.ts";
import { type CompiledProgram, compile } from "../../tensor/compile.ts";
import { defineProgram } from "../../tensor/defineProgram.ts";
import { asFloat32, type HostTensor, specsOf } from "../../tensor/HostTensor.ts";
import { float32, int32, type SpecTree, sizeOfShape } from "../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import {
  type ImlConfig,
  inputShapeOf,
  isDiscrete,
  type ModalityConfig,
  modalityOf,
  positionsOf,
  tokensOf,
} from "./config.ts";
import { classify } from "./network.ts";
import type { ImlParams } from "./params.ts";
import { lineEmbedding } from "./positions.ts";
import {
  adapterForSlots,
  appendFusion,
  appendModality,
  type ModalitySlots,
  type Past,
  type PastLayer,
  pastOf,
} from "./stream.ts";

/** One slot of one modality, as its adapter has it for a single slot. */
export type SlotData = Float32Array | Int32Array;

/** What the network says of a slot. */
export interface SlotOutput {
  readonly slot: number;
  /** [D] its fusion token. */
  readonly fusion: Float32Array;
  /** [classes] */
  readonly logits: Float32Array;
}

/** How a stream is opened. */
export interface ImlStreamOptions {
  /** How many slots back data may come late; ≥ 0. */
  readonly lateness: number;
  /** Threads on the CPU; a slot is too little work for more than 1. */
  readonly threads?: number;
}

/** Everything kept of a slot until no data can come late for it. Never changed in place. */
interface KeptSlot {
  readonly slot: number;
  readonly inputs: ReadonlyMap<string, SlotData>;
  readonly modalities: ReadonlyMap<string, Appended>;
  readonly fusionPast: Past<Float32Array>;
  readonly output: SlotOutput;
  readonly nextFusionPast: Past<Float32Array>;
}

interface Appended {
  readonly slots: ModalitySlots<Float32Array>;
  readonly next: Past<Float32Array>;
}

type Runs = Pick<CompiledProgram<never, never>, "run" | "dispose">;

/**
 * A causal network over a stream without an end: slot after slot in, an answer per slot out.
 *
 * Key behaviours: a modality without data in a slot is no key there; one slot costs one step of each
 * modality and one of the fusion tokens, whatever came before; data that come late are put in their
 * place by `amend`, which runs that one modality and the fusion tokens again from there on and gives
 * what the stream would have given had they been in time. Memory is bounded by `lateness` slots.
 */
export class ImlStream implements AsyncDisposable {
  readonly config: ImlConfig;
  readonly #options: ImlStreamOptions;
  readonly #appends: ReadonlyMap<string, Runs>;
  readonly #fusion: Runs;
  #kept: readonly KeptSlot[] = [];
  #slot = 0;

  private constructor(
    config: ImlConfig,
    options: ImlStreamOptions,
    appends: ReadonlyMap<string, Runs>,
    fusion: Runs,
  ) {
    this.config = config;
    this.#options = options;
    this.#appends = appends;
    this.#fusion = fusion;
  }

  /**
   * Compiles one program per modality and one for the fusion tokens, weights baked in.
   *
   * @throws {ConfigError} If the network is not causal over shared fusion tokens, or `lateness` < 0.
   */
  static async open(
    config: ImlConfig,
    params: ImlParams<HostTensor<"float32">>,
    options: ImlStreamOptions,
  ): Promise<ImlStream> {
    if (!(options.lateness >= 0))
      throw new ConfigError("ImlStream", `lateness must be >= 0 slots, got ${options.lateness}`);
    const { threads = 1 } = options;
    const open = async (program: ReturnType<typeof fusionProgram>): Promise<Runs> =>
      (await compile(program, { threads, constants: { params: params as never } })) as never;
    const appends = new Map<string, Runs>();
    for (const modality of config.modalities)
      appends.set(modality.name, await open(appendProgram(config, modality, params) as never));
    return new ImlStream(config, options, appends, await open(fusionProgram(config, params)));
  }

  /**
   * Takes the next slot.
   *
   * @param inputs Data of the modalities that spoke; the others are absent.
   * @throws {ConfigError} If the network does not have a modality.
   */
  async take(inputs: Readonly<Record<string, SlotData>>): Promise<SlotOutput> {
    for (const name of Object.keys(inputs)) modalityOf(this.config, name);
    const kept = await this.#run(this.#slot, new Map(Object.entries(inputs)), this.#kept.at(-1));
    this.#slot += 1;
    this.#kept = [...this.#kept, kept].slice(-(this.#options.lateness + 1));
    return kept.output;
  }

  /**
   * Puts in data that came late.
   *
   * @returns The outputs of that slot and all later ones, now that the data are known; nothing if the
   *   slot is too long ago, or not there yet.
   */
  async amend(slot: number, modality: string, data: SlotData): Promise<readonly SlotOutput[]> {
    modalityOf(this.config, modality);
    const from = this.#kept.findIndex((kept) => kept.slot === slot);
    // The oldest slot's past is kept with it, so it can be run again as well.
    if (from < 0) return [];
    const amended = [...this.#kept];
    for (let i = from; i < amended.length; i++) {
      const old = amended[i];
      if (old === undefined) break;
      const inputs = i === from ? new Map([...old.inputs, [modality, data] as const]) : old.inputs;
      amended[i] = await this.#run(old.slot, inputs, amended[i - 1], old, modality);
    }
    this.#kept = amended;
    return amended.slice(from).map(({ output }) => output);
  }

  /** Closes the programs. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of [...this.#appends.values(), this.#fusion]) await program.dispose();
  }

  /** @param old The slot as it was, of which all but `changed` still holds. */
  async #run(
    slot: number,
    inputs: ReadonlyMap<string, SlotData>,
    before: KeptSlot | undefined,
    old?: KeptSlot,
    changed?: string,
  ): Promise<KeptSlot> {
    const positions =
      this.config.positions === "none"
        ? new Float32Array(this.config.width)
        : lineEmbedding(slot, 1, this.config.width);
    const modalities = new Map<string, Appended>();
    for (const modality of this.config.modalities) {
      const { name } = modality;
      const known = old?.modalities.get(name);
      if (known !== undefined && name !== changed) {
        modalities.set(name, known);
        continue;
      }
      const past =
        before?.modalities.get(name)?.next ??
        known?.slots.past ??
        emptyArrays(this.config, perSlotOf(this.config, modality));
      const data = inputs.get(name);
      const x = data ?? emptyInput(this.config, modality);
      const present = Float32Array.of(data === undefined ? 0 : 1);
      const program = this.#appends.get(name);
      if (program === undefined)
        throw new ConfigError("ImlStream", `expected a program for ${name}, got none`);
      const { layers, readable, next } = (await program.run({
        x,
        present,
        positions,
        past,
      } as never)) as never as Pick<ModalitySlots<Float32Array>, "layers" | "readable"> & {
        readonly next: Past<Float32Array>;
      };
      modalities.set(name, { slots: { past, layers, readable, present }, next });
    }
    const fusionPast = before?.nextFusionPast ?? old?.fusionPast ?? emptyArrays(this.config, 1);
    const slots = Object.fromEntries([...modalities].map(([name, each]) => [name, each.slots]));
    const result = (await this.#fusion.run({ slots, positions, past: fusionPast } as never)) as {
      readonly fusion: Float32Array;
      readonly logits: Float32Array;
      readonly next: Past<Float32Array>;
    };
    return {
      slot,
      inputs,
      modalities,
      fusionPast,
      nextFusionPast: result.next,
      output: {
        slot,
        fusion: asFloat32("ImlStream", result.fusion),
        logits: asFloat32("ImlStream", result.logits),
      },
    };
  }
}

function perSlotOf({ grid }: ImlConfig, { adapter }: ModalityConfig): number {
  return tokensOf(adapter) / positionsOf(grid);
}

function emptyInput(config: ImlConfig, { adapter }: ModalityConfig): SlotData {
  const size = sizeOfShape(inputShapeOf(adapterForSlots(config, adapter, 1)));
  return isDiscrete(adapter) ? new Int32Array(size) : new Float32Array(size);
}

function pastShapes({ causal, heads, headWidth, layers }: ImlConfig, perSlot: number) {
  const tokens = ((causal?.window ?? 1) - 1) * perSlot;
  return { readable: [1, tokens], row: [1, heads, tokens, headWidth], layers };
}

function pastSpecs(config: ImlConfig, perSlot: number): SpecTree {
  const { readable, row, layers } = pastShapes(config, perSlot);
  const layer = { key: float32(row), value: float32(row) };
  return { readable: float32(readable), layers: byLayer(layers, () => layer) };
}

function emptyArrays(config: ImlConfig, perSlot: number): Past<Float32Array> {
  const { readable, row, layers } = pastShapes(config, perSlot);
  const nothing = (): Float32Array => new Float32Array(sizeOfShape(row));
  return {
    readable: new Float32Array(sizeOfShape(readable)),
    layers: byLayer(layers, () => ({ key: nothing(), value: nothing() })),
  };
}

function byLayer<T>(layers: number, make: () => T): { readonly [position: string]: T } {
  return Object.fromEntries(
    Array.from({ length: layers }, (_, position) => [String(position), make()]),
  );
}

function appendProgram(
  config: ImlConfig,
  modality: ModalityConfig,
  params: ImlParams<HostTensor<"float32">>,
) {
  const adapter = adapterForSlots(config, modality.adapter, 1);
  const shape = [1, ...inputShapeOf(adapter)];
  const perSlot = perSlotOf(config, modality);
  return defineProgram({
    name: `imlrs-append-${modality.name}`,
    inputs: {
      params: specsOf(params) as SpecTree,
      x: isDiscrete(adapter) ? int32(shape) : float32(shape),
      present: float32([1, 1]),
      positions: float32([1, config.width]),
      past: pastSpecs(config, perSlot),
    },
    body: ({ params: weights, x, present, positions, past }) => {
      const before = past as unknown as Past<Tensor>;
      const { layers, readable } = appendModality(
        weights as unknown as ImlParams<Tensor>,
        config,
        modality,
        { x, present },
        positions,
        before,
      );
      return { layers, readable, next: pastOf(config, before, layers, readable, perSlot) };
    },
  });
}

function fusionProgram(config: ImlConfig, params: ImlParams<HostTensor<"float32">>) {
  const { width, heads, headWidth, layers } = config;
  const slots = Object.fromEntries(
    config.modalities.map((modality) => {
      const r = perSlotOf(config, modality);
      const row = float32([1, heads, r, headWidth]);
      const layer = { rows: float32([1, r, width]), key: row, value: row };
      return [
        modality.name,
        {
          past: pastSpecs(config, r),
          layers: byLayer(layers, () => layer),
          readable: float32([1, r]),
          present: float32([1, 1]),
        },
      ];
    }),
  ) as SpecTree;
  return defineProgram({
    name: "imlrs-fuse",
    inputs: {
      params: specsOf(params) as SpecTree,
      slots,
      positions: float32([1, width]),
      past: pastSpecs(config, 1),
    },
    body: ({ params: weights, slots: given, positions, past }) => {
      const network = weights as unknown as ImlParams<Tensor>;
      const before = past as unknown as Past<Tensor>;
      const fused = appendFusion(
        network,
        config,
        given as unknown as Readonly<Record<string, ModalitySlots<Tensor>>>,
        positions,
        before,
      );
      const layersOf: { readonly [position: string]: PastLayer<Tensor> } = fused.layers;
      return {
        fusion: fused.rows,
        logits: classify(network, fused.rows),
        next: pastOf(config, before, layersOf, tf.ones([1, 1]), 1),
      };
    },
  });
}
