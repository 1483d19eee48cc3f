import type { Rng } from "../../tensor/Rng.ts";
import { bool, float32, int32, type SpecTree } from "../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { type CmgConfig, type CmgEncoder, cpcStarts } from "./config.ts";
import type { CmgMasks, CmgNoise } from "./loss.ts";
import type { ResetNoise } from "./moveCodebook.ts";

type AttentionEncoder = Extract<CmgEncoder, { kind: "attention" }>;

/** Specs of the random inputs of a training step. */
export function noiseSpecs(config: CmgConfig): SpecTree {
  const { batch: B, frames: T, codebook, cpc, club } = config;
  const masks = maskSpecs(config);
  return {
    reset: {
      rows: int32([codebook.size]),
      ...(codebook.reset?.onto === "active" && {
        pick: float32([codebook.size]),
        offset: float32([codebook.size, codebook.dim]),
      }),
    },
    ...(Object.keys(masks).length > 0 && { masks }),
    ...((club !== undefined || cpc !== undefined) && {
      loss: {
        ...(club !== undefined && { permutation: int32([B]) }),
        ...(cpc !== undefined && { starts: float32([cpcStarts(T, cpc)]) }),
        ...(cpc?.guard === true && { groups: int32([B]) }),
      },
    }),
  };
}

/** Random inputs of one step outside the program. */
export interface HostNoise {
  readonly reset: ResetNoise<Float32Array, Int32Array>;
  readonly masks?: { readonly [modality: string]: unknown };
  readonly loss?: CmgNoise<Float32Array, Int32Array>;
}

/**
 * Draws the random inputs of one step.
 *
 * @param groups [B] of each clip; needed where CPC's guard is on.
 */
export function drawNoise(config: CmgConfig, rng: Rng, groups?: Int32Array): HostNoise {
  const { batch: B, frames: T, modalities, codebook, cpc, club } = config;
  const { size, dim, reset } = codebook;
  const rows = modalities.length * B * T;
  const masks = drawMasks(config, rng);
  return {
    reset: {
      rows: Int32Array.from({ length: size }, () => rng.int(0, rows)),
      ...(reset?.onto === "active" && {
        pick: rng.uniformArray(size),
        offset: rng.uniformArray(size * dim, -reset.noise, reset.noise),
      }),
    },
    ...(Object.keys(masks).length > 0 && { masks }),
    ...((club !== undefined || cpc !== undefined) && {
      loss: {
        ...(club !== undefined && {
          permutation: rng.shuffle(Int32Array.from({ length: B }, (_, at) => at)),
        }),
        ...(cpc !== undefined && { starts: drawStarts(cpcStarts(T, cpc), cpc.starts, rng) }),
        ...(cpc?.guard === true && groups !== undefined && { groups }),
      },
    }),
  };
}

/** Drop-out bytes of a step as factors: 0, or 1 / (share kept). */
export function maskFactors(masks: unknown, config: CmgConfig): CmgMasks<Tensor> {
  const scale = (node: unknown, factor: number): unknown =>
    node instanceof tf.Tensor
      ? tf.mul(tf.cast(node, "float32"), factor)
      : Object.fromEntries(
          Object.entries(node as object).map(([name, child]) => [name, scale(child, factor)]),
        );
  const trees = masks as { readonly [modality: string]: unknown };
  return Object.fromEntries(
    dropped(config).map(([name, { dropout }]) => [
      name,
      scale(trees[name], 256 / (256 - threshold(dropout))),
    ]),
  ) as CmgMasks<Tensor>;
}

/** Drop-out is drawn by bytes: its rate is a multiple of 1/256. */
function threshold(rate: number): number {
  return Math.round(rate * 256);
}

function dropped(config: CmgConfig): [string, AttentionEncoder][] {
  return config.modalities.flatMap(({ name, encoder }): [string, AttentionEncoder][] =>
    encoder.kind === "attention" && threshold(encoder.dropout) > 0 ? [[name, encoder]] : [],
  );
}

function layerShapes({ batch: B, frames: T, codebook }: CmgConfig, encoder: AttentionEncoder) {
  return {
    weights: [B, encoder.heads, T, T],
    attended: [B, T, codebook.dim],
    inner: [B, T, encoder.feedForward],
    fed: [B, T, codebook.dim],
  };
}

function perLayer<T>(
  config: CmgConfig,
  make: (shape: readonly number[], encoder: AttentionEncoder) => T,
): { [modality: string]: { [position: string]: { [mask: string]: T } } } {
  return Object.fromEntries(
    dropped(config).map(([name, encoder]) => [
      name,
      Object.fromEntries(
        Array.from({ length: encoder.layers }, (_, position) => [
          String(position),
          Object.fromEntries(
            Object.entries(layerShapes(config, encoder)).map(([mask, shape]) => [
              mask,
              make(shape, encoder),
            ]),
          ),
        ]),
      ),
    ]),
  );
}

function maskSpecs(config: CmgConfig): SpecTree {
  return perLayer(config, (shape) => bool(shape));
}

function drawMasks(config: CmgConfig, rng: Rng): { [modality: string]: unknown } {
  return perLayer(config, (shape, { dropout }) =>
    drawBytes(
      shape.reduce((product, side) => product * side, 1),
      threshold(dropout),
      rng,
    ),
  );
}

/** Bytes that are 0 with chance `below` / 256, else 1; four to a draw. */
function drawBytes(size: number, below: number, rng: Rng): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    let word = rng.nextUint32();
    for (let part = 0; part < 4 && at < size; part++, at++) {
      bytes[at] = (word & 0xff) < below ? 0 : 1;
      word >>>= 8;
    }
  }
  return bytes;
}

function drawStarts(count: number, starts: "one" | "all", rng: Rng): Float32Array {
  if (starts === "all") return new Float32Array(count).fill(1 / count);
  const weights = new Float32Array(count);
  weights[rng.int(0, count)] = 1;
  return weights;
}
