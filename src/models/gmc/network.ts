import { ShapeError } from "../../errors.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { linear } from "../layers/Linear.ts";
import { unitLength } from "../layers/unitLength.ts";
import { type GmcConfig, modalityOf } from "./config.ts";
import type { GmcParams, GmcStatistics, HeadParams } from "./params.ts";
import { activate, applyStack, type Mode, type StackStatistics } from "./stack.ts";

/** What an encoder gives before the head. */
export interface Hidden {
  /** [B, d] */
  readonly h: Tensor;
}

/** How the encoders run. */
export interface EncodeOptions {
  readonly mode: Mode;
  /** Where the configuration has batch normalisation. */
  readonly statistics?: GmcStatistics<Tensor>;
  /** [B, features] factors on the features before the map to h: dropout, scaled to keep the mean. */
  readonly mask?: Tensor;
}

/** What one base encoder gives. */
export interface EncodedModality extends Hidden {
  readonly statistics: StackStatistics<Tensor>;
}

/** What the joint encoder gives. */
export interface EncodedJoint extends Hidden {
  readonly statistics: { readonly [modality: string]: StackStatistics<Tensor> };
}

/** Inputs by modality, [B, ...shape] each. */
export type GmcInputs = { readonly [modality: string]: Tensor };

/**
 * One base encoder f_m.
 *
 * @param x [B, ...shape]
 * @throws {ConfigError} If there is no such modality. @throws {ShapeError} If x does not fit it.
 */
export function encodeModality(
  config: GmcConfig,
  params: GmcParams<Tensor>,
  name: string,
  x: Tensor,
  { mode, mask, statistics }: EncodeOptions,
): EncodedModality {
  const encoder = params.modalities[name];
  if (encoder === undefined) throw new ShapeError("encodeModality", `expected weights of ${name}`);
  const stack = applyStack(
    modalityOf(config, name),
    encoder.stack,
    statistics?.modalities[name] ?? {},
    x,
    mode,
  );
  return { h: linear(encoder.out, masked(stack.features, mask)), statistics: stack.statistics };
}

/**
 * The joint encoder f_1:M, which shares no weight with the base encoders.
 *
 * @param inputs Of every modality.
 * @param shown [B] per modality, where the configuration has presence flags: 1 what the input is of
 *   this very moment, 0 where it is the last valid one. All shown unless given.
 * @throws {ShapeError} If an input is missing or has another shape.
 */
export function encodeJoint(
  config: GmcConfig,
  params: GmcParams<Tensor>,
  inputs: GmcInputs,
  { mode, mask, shown, statistics }: EncodeOptions & { readonly shown?: GmcInputs },
): EncodedJoint {
  const features: Tensor[] = [];
  const flags: Tensor[] = [];
  const next: Record<string, StackStatistics<Tensor>> = {};
  for (const modality of config.modalities) {
    const { name } = modality;
    const x = inputs[name];
    if (x === undefined) throw new ShapeError("encodeJoint", `expected an input ${name}`);
    const [B = 0] = x.shape;
    if (modality.joint === "raw") features.push(tf.reshape(x, [B, -1]));
    else {
      const stack = applyStack(
        modality,
        params.joint.stacks[name] ?? {},
        statistics?.joint[name] ?? {},
        x,
        mode,
      );
      features.push(stack.features);
      if (Object.keys(stack.statistics).length > 0) next[name] = stack.statistics;
    }
    if (config.presence === true) flags.push(tf.reshape(shown?.[name] ?? tf.ones([B]), [B, 1]));
  }
  const all = tf.concat(features, 1); // [B, features]
  const read = tf.concat([masked(all, mask), ...flags], 1);
  return { h: linear(params.joint.out, read), statistics: next };
}

/**
 * The shared head g: z = g(h) / ‖g(h)‖.
 *
 * @param h [N, d]
 * @returns [N, s], rows of unit length.
 */
export function project(config: GmcConfig, head: HeadParams<Tensor>, h: Tensor): Tensor {
  let y = h;
  for (let position = 0; position <= config.head.hidden.length; position++) {
    const layer = head[String(position)];
    if (layer === undefined) throw new ShapeError("project", `expected head layer ${position}`);
    y = linear(layer, y);
    if (position < config.head.hidden.length) y = activate(config.head.activation, y);
  }
  return unitLength(y);
}

/** What a whole forward pass gives. */
export interface Embedded {
  /** [B, s], rows of unit length. */
  readonly joint: Tensor;
  /** [B, s] per modality, rows of unit length. */
  readonly modalities: { readonly [modality: string]: Tensor };
  /** Empty where there is no batch normalisation. */
  readonly statistics: GmcStatistics<Tensor>;
}

/** Dropout factors of a forward pass: [B, features] for the joint and for each modality. */
export interface GmcMasks {
  readonly joint: Tensor;
  readonly modalities: { readonly [modality: string]: Tensor };
}

/** What a whole forward pass takes beside the weights. */
export interface EmbedOptions {
  readonly mode: Mode;
  /** Where the configuration has batch normalisation. */
  readonly statistics?: GmcStatistics<Tensor>;
  readonly inputs: GmcInputs;
  /** What the joint reads instead of `inputs`, where it differs. */
  readonly jointInputs?: GmcInputs;
  readonly shown?: GmcInputs;
  readonly masks?: GmcMasks;
}

/**
 * z_1 … z_M and z_J of a batch of complete observations.
 *
 * @throws {ShapeError} If an input is missing or has another shape.
 */
export function embed(
  config: GmcConfig,
  params: GmcParams<Tensor>,
  { mode, statistics, inputs, jointInputs, shown, masks }: EmbedOptions,
): Embedded {
  const names = config.modalities.map(({ name }) => name);
  const running = { mode, ...(statistics !== undefined && { statistics }) };
  const joint = encodeJoint(config, params, jointInputs ?? inputs, {
    ...running,
    ...(masks !== undefined && { mask: masks.joint }),
    ...(shown !== undefined && { shown }),
  });
  const encoded = names.map((name) => {
    const x = inputs[name];
    if (x === undefined) throw new ShapeError("embed", `expected an input ${name}`);
    const mask = masks?.modalities[name];
    return encodeModality(config, params, name, x, {
      ...running,
      ...(mask !== undefined && { mask }),
    });
  });
  // One pass of the head over all rows: the same weights, and one large product in place of M + 1.
  const all = project(config, params.head, tf.concat([joint.h, ...encoded.map(({ h }) => h)], 0));
  const B = joint.h.shape[0] ?? 0;
  const [zJoint, ...zs] = tf.split(all, names.length + 1, 0);
  if (zJoint === undefined) throw new ShapeError("embed", `expected ${B} rows per modality`);
  return {
    joint: zJoint,
    modalities: Object.fromEntries(names.map((name, i) => [name, zs[i] ?? zJoint])),
    statistics: {
      modalities: Object.fromEntries(
        names.flatMap((name, i) => {
          const own = encoded[i]?.statistics ?? {};
          return Object.keys(own).length > 0 ? [[name, own]] : [];
        }),
      ),
      joint: joint.statistics,
    },
  };
}

function masked(features: Tensor, mask: Tensor | undefined): Tensor {
  return mask === undefined ? features : tf.mul(features, mask);
}
