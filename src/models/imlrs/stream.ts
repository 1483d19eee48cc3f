import { ConfigError, ShapeError } from "../../errors.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { embedPatches, patchify } from "./adapters.ts";
import { attend, gainNorm, joinHeads, maskBias, project, splitHeads } from "./attention.ts";
import {
  type AdapterConfig,
  type ImlConfig,
  type ModalityConfig,
  positionsOf,
  tokensOf,
} from "./config.ts";
import { feedForward } from "./feedForward.ts";
import { groupKeys, keyPresence, readPosition } from "./modalityAttention.ts";
import type { ImlParams, LayerParams } from "./params.ts";
import { causalMask } from "./selfAttention.ts";
import { perToken, type TokenGroup } from "./TokenGroup.ts";

/** Keys and values of past tokens in one layer: [B, H, tokens, d] each. */
export type PastLayer<L> = { readonly key: L; readonly value: L };

/** What is remembered of a modality, or of the fusion tokens: the last window − 1 slots. */
export type Past<L> = {
  /** By position of the layer. */
  readonly layers: { readonly [position: string]: PastLayer<L> };
  /** [B, tokens] 1 where there is something to read: 0 before the stream's start and in its gaps. */
  readonly readable: L;
};

/** One modality over some new slots: all that fusion needs of it, and what comes next needs. */
export type ModalitySlots<L> = {
  readonly past: Past<L>;
  /** By layer: its input rows [B, S·r, D] and their keys and values. */
  readonly layers: { readonly [position: string]: PastLayer<L> & { readonly rows: L } };
  /** [B, S·r] */
  readonly readable: L;
  /** [B, S] */
  readonly present: L;
};

/** New slots of a stream. */
export interface NewSlots {
  /** As the adapter has it for S slots instead of N: [B, S · samples per slot, ...]. */
  readonly x: Tensor;
  /** [B, S] 1 where the sensor spoke. */
  readonly present: Tensor;
  /** [B, S·r] 1 for tokens to be read; absent: all of the present slots. */
  readonly visible?: Tensor;
}

/** An adapter for S slots of a stream, cut from the one for all N. @throws {ConfigError} For images. */
export function adapterForSlots(
  config: ImlConfig,
  adapter: AdapterConfig,
  slots: number,
): AdapterConfig {
  const share = slots / positionsOf(config.grid);
  switch (adapter.kind) {
    case "series":
    case "tokens":
      return { ...adapter, length: adapter.length * share };
    case "clip":
      return { ...adapter, frames: adapter.frames * share };
    case "image":
    case "classMap":
      throw new ConfigError("imlrs stream", `expected a modality in time, got a ${adapter.kind}`);
  }
}

/**
 * Takes new slots of one modality. No other modality is looked at, so each advances when its data come.
 *
 * @param positions [S, D] embedding of these slots: `lineEmbedding` from the first one's number.
 * @param past What the slots before left: `pastOf`, or `emptyPast` at the start.
 */
export function appendModality(
  params: ImlParams<Tensor>,
  config: ImlConfig,
  modality: ModalityConfig,
  { x, present, visible }: NewSlots,
  positions: Tensor,
  past: Past<Tensor>,
): ModalitySlots<Tensor> {
  const { heads } = config;
  const window = windowOf(config);
  const [S = 0] = positions.shape;
  const adapter = adapterForSlots(config, modality.adapter, S);
  const weights = params.adapters[modality.name];
  if (weights === undefined)
    throw new ShapeError("appendModality", `expected weights of an adapter for ${modality.name}`);
  let rows = embedPatches(weights, { ...modality, adapter }, patchify(adapter, x), positions);
  const T = tokensOf(adapter);
  const r = T / S;
  const there = perToken(present, T);
  const readable = visible === undefined ? there : tf.mul(there, visible);
  const keys = tf.concat([past.readable, readable], 1); // [B, K]
  const [B = 0, K = 0] = keys.shape;
  const causal = causalMask(slotsOf(0, S, r), slotsOf(1 - window, S, r), window) ?? tf.ones([T, K]);
  const own = tf.concat([tf.zeros([T, K - T]), tf.eye(T)], 1);
  const allowed = tf.maximum(
    tf.mul(tf.reshape(keys, [B, 1, 1, K]), tf.reshape(causal, [1, 1, T, K])),
    tf.reshape(own, [1, 1, T, K]),
  );
  const bias = maskBias(allowed);
  const layers: Record<string, PastLayer<Tensor> & { readonly rows: Tensor }> = {};
  for (let position = 0; position < config.layers; position++) {
    const layer = layerOf(params, position);
    const normal = gainNorm(rows, layer.attention.norm);
    const key = splitHeads(project(normal, layer.attention.key), heads);
    const value = splitHeads(project(normal, layer.attention.value), heads);
    const query = splitHeads(project(normal, layer.attention.query), heads);
    layers[position] = { rows, key, value };
    const before = past.layers[position] ?? { key, value };
    const read = attend(
      query,
      tf.concat([before.key, key], 2),
      tf.concat([before.value, value], 2),
      bias,
    );
    rows = feedForward(
      layer.feedForward,
      tf.add(rows, project(joinHeads(read), layer.attention.out)),
    );
  }
  return { past, layers, readable, present };
}

/** Fusion tokens over new slots. */
export type FusionSlots<L> = {
  /** [B, S, D] after the last norm. */
  readonly rows: L;
  /** By layer [B, H, S, d]. */
  readonly layers: { readonly [position: string]: PastLayer<L> };
};

/**
 * The fusion tokens of new slots, from what every modality made of the same slots.
 *
 * When a modality's data come late, its slots are appended and the fusion tokens from there on computed
 * again; what the other modalities made of them stays as it is.
 *
 * @param slots Of every modality that ever spoke, by name; one left out is no key at all.
 */
export function appendFusion(
  params: ImlParams<Tensor>,
  config: ImlConfig,
  slots: { readonly [modality: string]: ModalitySlots<Tensor> },
  positions: Tensor,
  past: Past<Tensor>,
): FusionSlots<Tensor> {
  const { heads, width } = config;
  const window = windowOf(config);
  const [S = 0] = positions.shape;
  const [B = 0] = past.readable.shape;
  const members = Object.entries(slots).sort(([a], [b]) => (a < b ? -1 : 1));
  let fusion: Tensor = tf.tile(tf.reshape(tf.add(positions, params.fusion.tokens), [1, S, width]), [
    B,
    1,
    1,
  ]);
  const keySlots: number[] = [];
  const readables: Tensor[] = [];
  for (const [, { readable, past: before }] of members) {
    keySlots.push(...slotsOf(1 - window, S, (readable.shape[1] ?? 0) / S));
    readables.push(before.readable, readable);
  }
  keySlots.push(...slotsOf(1 - window, S, 1));
  readables.push(past.readable, tf.ones([B, S]));
  const keys = tf.concat(readables, 1); // [B, K]
  const K = keySlots.length;
  const causal = causalMask(slotsOf(0, S, 1), keySlots, window) ?? tf.ones([S, K]);
  const bias = maskBias(tf.mul(tf.reshape(keys, [B, 1, 1, K]), tf.reshape(causal, [1, 1, S, K])));
  const options = { heads, positions: S, readsItself: config.modalityAttention === "selfMPlus1" };

  const layers: Record<string, PastLayer<Tensor>> = {};
  for (let position = 0; position < config.layers; position++) {
    const layer = layerOf(params, position);
    if (layer.fuse !== undefined) {
      const { attention, feedForward: own } = layer.fuse;
      const groups = members.map(
        ([name, state]): TokenGroup => ({
          names: [name],
          tokens: state.readable.shape[1] ?? 0,
          rows: state.layers[position]?.rows ?? fusion,
          readable: state.readable,
          present: state.present,
        }),
      );
      const present = tf.concat(
        groups.map((group) => keyPresence(group, B, S)),
        2,
      );
      const read = groups.map((group) =>
        groupKeys(attention, group, params.fusion.hidden, options),
      );
      fusion = feedForward(own, readPosition(attention, fusion, read, present, options));
    }
    const normal = gainNorm(fusion, layer.attention.norm);
    const key = splitHeads(project(normal, layer.attention.key), heads);
    const value = splitHeads(project(normal, layer.attention.value), heads);
    layers[position] = { key, value };
    const all = (part: "key" | "value"): Tensor =>
      tf.concat(
        [
          ...members.flatMap(([, state]) => {
            const [before, now] = [state.past.layers[position], state.layers[position]];
            return before === undefined || now === undefined ? [] : [before[part], now[part]];
          }),
          past.layers[position]?.[part] ?? key,
          part === "key" ? key : value,
        ],
        2,
      );
    const query = splitHeads(project(normal, layer.attention.query), heads);
    const read = attend(query, all("key"), all("value"), bias);
    fusion = feedForward(
      layer.feedForward,
      tf.add(fusion, project(joinHeads(read), layer.attention.out)),
    );
  }
  return { rows: gainNorm(fusion, params.norm), layers };
}

/**
 * What the slots after these need to know: the last window − 1 slots of past and new together.
 *
 * @param readable [B, tokens] of the new slots; of fusion tokens ones.
 * @param perSlot r, tokens per slot; 1 of fusion tokens.
 */
export function pastOf(
  config: ImlConfig,
  past: Past<Tensor>,
  layers: { readonly [position: string]: PastLayer<Tensor> },
  readable: Tensor,
  perSlot: number,
): Past<Tensor> {
  const keep = (windowOf(config) - 1) * perSlot;
  const last = (x: Tensor, axis: number): Tensor => {
    const length = x.shape[axis] ?? 0;
    const begin = x.shape.map((_, i) => (i === axis ? length - keep : 0));
    return tf.slice(
      x,
      begin,
      x.shape.map((size, i) => (i === axis ? keep : size)),
    );
  };
  return {
    readable: last(tf.concat([past.readable, readable], 1), 1),
    layers: Object.fromEntries(
      Object.entries(layers).map(([position, { key, value }]) => {
        const before = past.layers[position] ?? { key, value };
        return [
          position,
          {
            key: last(tf.concat([before.key, key], 2), 2),
            value: last(tf.concat([before.value, value], 2), 2),
          },
        ];
      }),
    ),
  };
}

/** Two stretches of slots of one modality as one, the second right after the first. */
export function joinSlots(
  first: ModalitySlots<Tensor>,
  second: ModalitySlots<Tensor>,
): ModalitySlots<Tensor> {
  return {
    past: first.past,
    readable: tf.concat([first.readable, second.readable], 1),
    present: tf.concat([first.present, second.present], 1),
    layers: Object.fromEntries(
      Object.entries(first.layers).map(([position, { rows, key, value }]) => {
        const next = second.layers[position] ?? { rows, key, value };
        return [
          position,
          {
            rows: tf.concat([rows, next.rows], 1),
            key: tf.concat([key, next.key], 2),
            value: tf.concat([value, next.value], 2),
          },
        ];
      }),
    ),
  };
}

/** The past before a stream's first slot: nothing to read. */
export function emptyPast(config: ImlConfig, batch: number, perSlot: number): Past<Tensor> {
  const tokens = (windowOf(config) - 1) * perSlot;
  const none = tf.zeros([batch, config.heads, tokens, config.headWidth]);
  return {
    readable: tf.zeros([batch, tokens]),
    layers: Object.fromEntries(
      Array.from({ length: config.layers }, (_, position) => [
        String(position),
        { key: none, value: none },
      ]),
    ),
  };
}

function windowOf({ causal, fusionTokens, mask }: ImlConfig): number {
  if (causal === undefined || fusionTokens !== "shared" || mask !== "block")
    throw new ConfigError(
      "imlrs stream",
      `expected a causal network with shared fusion tokens and block mask, got ${causal?.window}, ${fusionTokens}, ${mask}`,
    );
  return causal.window;
}

function layerOf(params: ImlParams<Tensor>, position: number): LayerParams<Tensor> {
  const layer = params.layers[position];
  if (layer === undefined)
    throw new ShapeError("imlrs stream", `expected weights of layer ${position}`);
  return layer;
}

/** Slots of tokens from slot `first` up to the S-th new one, r tokens each. */
function slotsOf(first: number, S: number, r: number): number[] {
  return Array.from({ length: (S - first) * r }, (_, token) => first + Math.floor(token / r));
}
