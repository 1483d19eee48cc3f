import { ConfigError, ShapeError } from "../../errors.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { linear } from "../layers/Linear.ts";
import { embedPatches, patchify } from "./adapters.ts";
import { gainNorm } from "./attention.ts";
import { type ImlConfig, positionsOf, tokensOf } from "./config.ts";
import { feedForward } from "./feedForward.ts";
import { modalityAttention } from "./modalityAttention.ts";
import type { ImlParams } from "./params.ts";
import { gridEmbedding } from "./positions.ts";
import { selfAttention, selfAttentionBias } from "./selfAttention.ts";
import { memberOf, perToken, type TokenGroup } from "./TokenGroup.ts";

/** One modality of a batch. */
export interface ImlInput {
  /** As its adapter has it, [B, ...]; any finite value where a sample lacks the modality. */
  readonly x: Tensor;
  /** [B], or [B, N] by position, 1 where the sample has the modality; absent: all have. */
  readonly present?: Tensor;
  /** [B, T] 1 for the tokens that are shown, 0 for hidden ones; absent: all are. */
  readonly visible?: Tensor;
}

/** The modalities of a batch. One that is left out is absent from every sample, at no cost. */
export type ImlInputs = { readonly [modality: string]: ImlInput };

/** What the encoder gives. */
export interface ImlEncoded {
  /** [B, N, D] after the last norm: the only tokens that decoders and heads read. */
  readonly fusion: Tensor;
  /** Pure tokens of every modality, in groups of equally many, after the last norm. */
  readonly groups: readonly TokenGroup[];
}

/**
 * The encoder: tokens of every modality and a grid of learned fusion tokens through layers of modality
 * attention, block-masked self-attention and gated feed-forward modules.
 *
 * Modality tokens read nothing but their own modality, bit for bit; fusion tokens read all that is
 * present. A missing modality is a key that is not there, never a zero.
 *
 * @throws {ConfigError} If no modality of the configuration is given, or one that it does not have.
 * @throws {ShapeError} If an input or a mask has another shape.
 *
 * Chen, Zhao, Bruzzone 2024, doi 10.1109/TGRS.2024.3387837, arXiv:2304.11381.
 */
export function encode(
  params: ImlParams<Tensor>,
  config: ImlConfig,
  inputs: ImlInputs,
): ImlEncoded {
  const { width, heads, mask } = config;
  const N = positionsOf(config.grid);
  const positions =
    config.positions === "none"
      ? tf.zeros([N, width])
      : tf.tensor(gridEmbedding(config.grid, width), [N, width]);
  let groups: readonly TokenGroup[] = groupTokens(params, config, inputs, positions);
  const B = (groups[0]?.rows.shape[0] ?? 0) / (groups[0]?.names.length ?? 1);
  let fusion: Tensor = tf.tile(tf.expandDims(tf.add(positions, params.fusion.tokens), 0), [
    B,
    1,
    1,
  ]); // [B, N, D]
  const bias = selfAttentionBias(groups, {
    batch: B,
    positions: N,
    mask,
    ...(config.causal !== undefined && { window: config.causal.window }),
  });
  for (let position = 0; position < config.layers; position++) {
    const layer = params.layers[position];
    if (layer === undefined)
      throw new ShapeError("encode", `expected weights of layer ${position}`);
    if (layer.fuse !== undefined) {
      fusion = modalityAttention(layer.fuse.attention, fusion, groups, params.fusion.hidden, {
        heads,
        positions: N,
        readsItself: config.modalityAttention === "selfMPlus1",
      });
      fusion = feedForward(layer.fuse.feedForward, fusion);
    }
    const attended = selfAttention(layer.attention, groups, fusion, bias, { heads, mask });
    groups = groups.map((group, index) => ({
      ...group,
      rows: feedForward(layer.feedForward, attended.groups[index] ?? group.rows),
    }));
    fusion = feedForward(layer.feedForward, attended.fusion);
  }
  return {
    fusion: gainNorm(fusion, params.norm),
    groups: groups.map((group) => ({ ...group, rows: gainNorm(group.rows, params.norm) })),
  };
}

/**
 * A modality's tokens after the encoder.
 *
 * @returns [B, T, D]
 * @throws {ConfigError} If the modality was not encoded.
 */
export function tokensOfModality(encoded: ImlEncoded, name: string): Tensor {
  for (const { names, rows } of encoded.groups)
    if (names.includes(name)) return memberOf(rows, names.indexOf(name), names.length);
  throw new ConfigError("tokensOfModality", `expected an encoded modality, got "${name}"`);
}

/**
 * Logits of the head, which reads the mean fusion token.
 *
 * @param fusion [B, N, D] of `encode`.
 * @param dropout Factors that broadcast to [B, D]; absent outside training.
 * @returns [B, classes]
 */
export function classify(params: ImlParams<Tensor>, fusion: Tensor, dropout?: Tensor): Tensor {
  const mean: Tensor = tf.mean(fusion, 1); // [B, D]
  return linear(params.head, dropout === undefined ? mean : tf.mul(mean, dropout));
}

function groupTokens(
  params: ImlParams<Tensor>,
  config: ImlConfig,
  inputs: ImlInputs,
  positions: Tensor,
): TokenGroup[] {
  const known = config.modalities.map(({ name }) => name);
  const unknown = Object.keys(inputs).find((name) => !known.includes(name));
  const given = config.modalities.filter(({ name }) => inputs[name] !== undefined);
  if (unknown !== undefined || given.length === 0)
    throw new ConfigError(
      "encode",
      `expected some of ${known.join(", ")}, got ${Object.keys(inputs)}`,
    );
  const [N = 0] = positions.shape;
  const byCount = new Map<number, (typeof given)[number][]>();
  for (const modality of given) {
    const T = tokensOf(modality.adapter);
    byCount.set(T, [...(byCount.get(T) ?? []), modality]);
  }
  // One order whatever the configuration's: sums over keys then round alike.
  return [...byCount]
    .sort(([a], [b]) => a - b)
    .map(([T, unordered]) => {
      const members = unordered.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const parts = members.map((modality) => {
        const input = inputs[modality.name];
        const adapter = params.adapters[modality.name];
        if (input === undefined || adapter === undefined)
          throw new ShapeError("encode", `expected weights of an adapter for ${modality.name}`);
        const { x, present, visible } = input;
        const [B = 0] = x.shape;
        if (
          (present !== undefined && ![`${B}`, `${B},${N}`].includes(present.shape.join())) ||
          (visible !== undefined && visible.shape.join() !== `${B},${T}`)
        )
          throw new ShapeError(
            "encode",
            `${modality.name}: expected present [${B}] or [${B}, ${N}] and visible [${B}, ${T}], got [${present?.shape}] and [${visible?.shape}]`,
          );
        return {
          B,
          input,
          rows: embedPatches(adapter, modality, patchify(modality.adapter, x), positions),
        };
      });
      const hasPresence = parts.some(({ input }) => input.present !== undefined);
      const isMasked = hasPresence || parts.some(({ input }) => input.visible !== undefined);
      const stack = (tensors: readonly Tensor[]): Tensor => {
        const [first] = tensors;
        return first !== undefined && tensors.length === 1 ? first : tf.concat([...tensors], 0);
      };
      return {
        names: members.map(({ name }) => name),
        tokens: T,
        rows: stack(parts.map(({ rows }) => rows)),
        ...(hasPresence && {
          present: stack(parts.map(({ input, B }) => byPosition(input.present, B, N))),
        }),
        ...(isMasked && {
          readable: stack(
            parts.map(({ input: { present, visible }, B }) => {
              const shown: Tensor = visible ?? tf.ones([B, T]);
              return present === undefined
                ? shown
                : tf.mul(shown, perToken(byPosition(present, B, N), T));
            }),
          ),
        }),
      };
    });
}

/** Presence at every position: [B] or [B, N] → [B, N] */
function byPosition(present: Tensor | undefined, B: number, N: number): Tensor {
  if (present === undefined) return tf.ones([B, N]);
  return present.rank === 2 ? present : tf.tile(tf.reshape(present, [B, 1]), [1, N]);
}
