import { type CompiledProgram, compile } from "../../tensor/compile.ts";
import { defineProgram } from "../../tensor/defineProgram.ts";
import { asFloat32, type HostTensor, specsOf } from "../../tensor/HostTensor.ts";
import { float32, int32, type SpecTree } from "../../tensor/TensorSpec.ts";
import type { Tensor } from "../../tensor/tf.ts";
import { type ImlConfig, inputShapeOf, isDiscrete, tokensOf } from "./config.ts";
import type { HostMasks } from "./drawMasks.ts";
import {
  type ClassificationOptions,
  type ContrastOptions,
  classificationLoss,
  type ImlLoss,
  type ImlTargets,
  pretrainingLoss,
} from "./loss.ts";
import { classify, encode, type ImlInputs } from "./network.ts";
import type { ImlParams } from "./params.ts";

/** What a trainer needs to train the network one way: the shapes of a batch and its loss. */
export interface ImlObjective {
  readonly batch: SpecTree;
  readonly loss: (params: unknown, batch: unknown) => ImlLoss;
}

/** Specs of the inputs of a batch of B: per modality `x`, `present` and `visible`. */
export function inputSpecs({ modalities }: ImlConfig, batch: number): SpecTree {
  return Object.fromEntries(
    modalities.map(({ name, adapter }) => {
      const shape = [batch, ...inputShapeOf(adapter)];
      return [
        name,
        {
          x: isDiscrete(adapter) ? int32(shape) : float32(shape),
          present: float32([batch]),
          visible: float32([batch, tokensOf(adapter)]),
        },
      ];
    }),
  );
}

/**
 * Pre-training without labels: batches of `{ inputs }`.
 *
 * Feed it `drawMasks` with `keep` well below 1; what is hidden is what it learns from.
 */
export function pretrainingObjective(
  config: ImlConfig,
  batch: number,
  contrast: ContrastOptions,
): ImlObjective {
  return {
    batch: { inputs: inputSpecs(config, batch) },
    loss: (params, fed) =>
      // The trainer hands back the trees that it was given the specs of.
      pretrainingLoss(
        params as ImlParams<Tensor>,
        config,
        (fed as { inputs: ImlInputs }).inputs,
        contrast,
      ),
  };
}

/** Classification: batches of `{ inputs, targets: { labels, weights, dropout } }`. */
export function classificationObjective(
  config: ImlConfig,
  batch: number,
  options: ClassificationOptions = {},
): ImlObjective {
  return {
    batch: {
      inputs: inputSpecs(config, batch),
      targets: {
        labels: int32([batch]),
        weights: float32([batch]),
        dropout: float32([batch, config.width]),
      },
    },
    loss: (params, fed) => {
      const { inputs, targets } = fed as { inputs: ImlInputs; targets: ImlTargets };
      return classificationLoss(params as ImlParams<Tensor>, config, inputs, targets, options);
    },
  };
}

/** Inputs of a prediction: per modality its data and [B] who has it. */
export type PredictorInputs = {
  readonly [modality: string]: {
    readonly x: Float32Array | Int32Array;
    readonly present: Float32Array;
  };
};

/** The network ready to classify any subset of modalities. */
export interface ImlPredictor extends AsyncDisposable {
  /** B, rows of a run. */
  readonly batch: number;
  /**
   * @returns [B, classes] logits; a sample without any modality gets those of the fusion tokens alone.
   * @throws {ShapeError} If an input is missing or has another size.
   */
  run(inputs: PredictorInputs): Promise<Float32Array>;
}

/** Compiles the network for inference, weights baked in, everything visible. */
export async function openImlPredictor(
  config: ImlConfig,
  params: ImlParams<HostTensor<"float32">>,
  { batch, threads = 1 }: { readonly batch: number; readonly threads?: number },
): Promise<ImlPredictor> {
  const specs: SpecTree = Object.fromEntries(
    config.modalities.map(({ name, adapter }) => {
      const shape = [batch, ...inputShapeOf(adapter)];
      return [
        name,
        { x: isDiscrete(adapter) ? int32(shape) : float32(shape), present: float32([batch]) },
      ];
    }),
  );
  const program = defineProgram({
    name: "imlrs-predict",
    inputs: { params: specsOf(params) as SpecTree, inputs: specs },
    body: ({ params: weights, inputs }) => {
      const network = weights as unknown as ImlParams<Tensor>;
      return {
        logits: classify(network, encode(network, config, inputs as unknown as ImlInputs).fusion),
      };
    },
  });
  const compiled: CompiledProgram<never, { logits: Tensor }> = (await compile(program, {
    threads,
    constants: { params: params as never },
  })) as never;
  return {
    batch,
    run: async (inputs) =>
      asFloat32("imlrs-predict", (await compiled.run({ inputs } as never)).logits as never),
    [Symbol.asyncDispose]: () => compiled.dispose(),
  };
}

/** Feeds of a batch's inputs: data with the masks drawn for them. */
export function inputFeeds(
  data: { readonly [modality: string]: Float32Array | Int32Array },
  masks: { readonly [modality: string]: HostMasks },
): { readonly [modality: string]: { readonly x: Float32Array | Int32Array } & HostMasks } {
  return Object.fromEntries(
    Object.entries(masks).map(([name, { present, visible }]) => [
      name,
      { x: data[name] ?? new Float32Array(0), present, visible },
    ]),
  );
}
