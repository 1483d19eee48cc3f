import { ShapeError } from "../../errors.ts";
import { gelu } from "../../tensor/ops/gelu.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { linear } from "../layers/Linear.ts";
import { project } from "./attention.ts";
import {
  type AdapterConfig,
  type ImlConfig,
  inputShapeOf,
  type ModalityConfig,
  positionsOf,
  tokensOf,
} from "./config.ts";
import type { AdapterParams } from "./params.ts";

/**
 * Cuts an input into its patches.
 *
 * @param x [B, ...] as the adapter's kind has it.
 * @returns [B, T, patch]; of class maps and tokens int32 ids.
 * @throws {ShapeError} If `x` has another shape.
 */
export function patchify(adapter: AdapterConfig, x: Tensor): Tensor {
  const expected = inputShapeOf(adapter);
  const [B = 0, ...shape] = x.shape;
  if (shape.join() !== expected.join())
    throw new ShapeError(
      "patchify",
      `expected [B, ${expected}] for a ${adapter.kind}, got [${x.shape}]`,
    );
  const T = tokensOf(adapter);
  switch (adapter.kind) {
    case "tokens":
      return tf.reshape(x, [B, T, 1]);
    case "series":
      return tf.reshape(x, [B, T, adapter.window * adapter.channels]);
    case "image":
    case "classMap": {
      const { rows, columns, patch } = adapter;
      const channels = adapter.kind === "image" ? adapter.channels : 1;
      const cut = tf.reshape(x, [B, rows / patch, patch, columns / patch, patch * channels]);
      return tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4]), [B, T, -1]);
    }
    case "clip": {
      const { frames, rows, columns, channels, window } = adapter;
      const [high, wide] = adapter.patch;
      const slots = frames / window;
      const cut = tf.reshape(x, [
        B * slots,
        window,
        rows / high,
        high,
        columns / wide,
        wide * channels,
      ]);
      return tf.reshape(tf.transpose(cut, [0, 2, 4, 1, 3, 5]), [B, T, -1]);
    }
  }
}

/**
 * A modality's tokens: patches through the adapter, plus what tells position, place and modality.
 *
 * @param patches [B, T, patch] of `patchify`.
 * @param positions [N, D] fixed embedding of the positions these tokens stand at.
 * @returns [B, T, D]
 */
export function embedPatches(
  params: AdapterParams<Tensor>,
  { adapter, hidden }: ModalityConfig,
  patches: Tensor,
  positions: Tensor,
): Tensor {
  const [B = 0, T = 0] = patches.shape;
  let rows = patches;
  if (params.embedding !== undefined) {
    const ids = tf.reshape(tf.cast(patches, "int32"), [-1]);
    rows = tf.reshape(tf.gather(params.embedding, ids as never), [B, T, -1]);
  }
  if (hidden !== undefined && params.hidden !== undefined) rows = gelu(linear(params.hidden, rows));
  if (params.weight !== undefined) rows = project(rows, params.weight); // [B, T, D]
  const [N = 0, D = 0] = positions.shape;
  const places = params.place.shape[0] ?? 1;
  if (N * places !== T)
    throw new ShapeError(
      "embedPatches",
      `expected ${N} positions of ${places} tokens for a ${adapter.kind}, got ${T}`,
    );
  const where = tf.add(tf.expandDims(positions, 1), tf.expandDims(params.place, 0)); // [N, places, D]
  return tf.add(rows, tf.reshape(where, [1, T, D]));
}

/** How many tokens of a modality stand at each position. */
export function tokensPerPosition(config: ImlConfig, { adapter }: ModalityConfig): number {
  return tokensOf(adapter) / positionsOf(config.grid);
}
