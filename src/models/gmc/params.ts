import { type HostTensor, type HostTree, isHostTensor } from "../../tensor/HostTensor.ts";
import { sizeOfShape } from "../../tensor/TensorSpec.ts";
import type { LinearParams } from "../layers/Linear.ts";
import type { Uniform } from "../layers/Uniform.ts";
import { checkGmcConfig, featureSize, type GmcConfig, jointFeatureSize } from "./config.ts";
import {
  drawUniform,
  initStack,
  initStatistics,
  type StackParams,
  type StackStatistics,
} from "./stack.ts";

/** A base encoder: feature stack, then the map to h. */
export type EncoderParams<L> = {
  readonly stack: StackParams<L>;
  /** features → d */
  readonly out: LinearParams<L>;
};

/** The joint encoder: a stack of its own for every modality that is not read raw, then the map to h. */
export type JointParams<L> = {
  readonly stacks: { readonly [modality: string]: StackParams<L> };
  readonly out: LinearParams<L>;
};

/** The projection head, layers by position. */
export type HeadParams<L> = { readonly [position: string]: LinearParams<L> };

/** All weights of a GMC model. */
export type GmcParams<L> = {
  readonly modalities: { readonly [modality: string]: EncoderParams<L> };
  readonly joint: JointParams<L>;
  /** The one head that every modality and the joint go through. */
  readonly head: HeadParams<L>;
};

/** Running statistics of the batch normalisations; empty without any. */
export type GmcStatistics<L> = {
  readonly modalities: { readonly [modality: string]: StackStatistics<L> };
  readonly joint: { readonly [modality: string]: StackStatistics<L> };
};

type Host = HostTensor<"float32">;

/**
 * Fresh weights, a pure function of the configuration and the numbers drawn.
 *
 * @throws {ConfigError} If the configuration is wrong.
 */
export function initGmc(config: GmcConfig, uniform: Uniform): GmcParams<Host> {
  checkGmcConfig(config);
  const { modalities, width, head } = config;
  const widths = [width, ...head.hidden, head.embedding];
  return {
    modalities: Object.fromEntries(
      modalities.map((modality) => [
        modality.name,
        {
          stack: initStack(uniform, modality),
          out: initAffine(uniform, featureSize(modality), width),
        },
      ]),
    ),
    joint: {
      stacks: Object.fromEntries(
        modalities
          .filter(({ joint }) => joint !== "raw")
          .map((modality) => [modality.name, initStack(uniform, modality)]),
      ),
      out: initAffine(uniform, jointFeatureSize(config), width),
    },
    head: Object.fromEntries(
      widths
        .slice(1)
        .map((out, position) => [
          String(position),
          initAffine(uniform, widths[position] ?? 0, out),
        ]),
    ),
  };
}

/** Statistics before the first batch. */
export function initGmcStatistics(config: GmcConfig): GmcStatistics<Host> {
  const all = config.modalities.map((modality) => ({ modality, own: initStatistics(modality) }));
  const held = all.filter(({ own }) => Object.keys(own).length > 0);
  return {
    modalities: Object.fromEntries(held.map(({ modality, own }) => [modality.name, own])),
    joint: Object.fromEntries(
      held
        .filter(({ modality }) => modality.joint !== "raw")
        .map(({ modality }) => [modality.name, initStatistics(modality)]),
    ),
  };
}

/** How many numbers a tree of weights holds. */
export function countParameters(tree: HostTree): number {
  return Object.values(tree).reduce(
    (sum, node) => sum + (isHostTensor(node) ? sizeOfShape(node.shape) : countParameters(node)),
    0,
  );
}

function initAffine(uniform: Uniform, inputs: number, outputs: number): LinearParams<Host> {
  return {
    weight: drawUniform(uniform, [inputs, outputs], inputs),
    bias: drawUniform(uniform, [outputs], inputs),
  };
}
