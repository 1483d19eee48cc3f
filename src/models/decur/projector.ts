import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { initLinear } from "../layers/Linear.ts";
import type { Uniform } from "../layers/Uniform.ts";
import { standardizeColumns } from "./standardizeColumns.ts";

type Host = HostTensor<"float32">;

/** Weights of a projector: hidden layers by position, then a bare product. */
export type ProjectorParams<L> = {
  readonly hidden: {
    readonly [position: string]: {
      /** [in, hidden], no bias: the normalisation takes it out. */
      readonly weight: L;
      /** [hidden] */
      readonly gain: L;
      readonly offset: L;
    };
  };
  /** [hidden, K] */
  readonly output: L;
};

/** Means and variances of every hidden layer, and of the embedding under `output`. */
export type ProjectorStatistics<L> = {
  readonly [layer: string]: { readonly mean: L; readonly variance: L };
};

/** An embedding with the statistics of its batch. */
export interface Projected {
  /** [B, K], not standardised. */
  readonly z: Tensor;
  readonly statistics: ProjectorStatistics<Tensor>;
}

const EPSILON = 1e-5;

/** Fresh weights of a projector from d features to K dimensions. */
export function initProjector(
  uniform: Uniform,
  features: number,
  { hidden, depth, dimensions }: { hidden: number; depth: number; dimensions: number },
): ProjectorParams<Host> {
  const widths = [features, ...Array.from({ length: depth }, () => hidden)];
  const layers = widths.slice(1).map((width, position) => ({
    weight: initLinear(uniform, widths[position] ?? features, width, Math.SQRT2).weight,
    gain: hostTensor(new Float32Array(width).fill(1), [width]),
    offset: hostTensor(new Float32Array(width), [width]),
  }));
  return {
    hidden: Object.fromEntries(layers.map((layer, position) => [String(position), layer])),
    output: initLinear(uniform, widths.at(-1) ?? features, dimensions).weight,
  };
}

/** Statistics before any batch: mean 0, variance 1. */
export function initProjectorStatistics({
  hidden,
  output,
}: ProjectorParams<Host>): ProjectorStatistics<Host> {
  const fresh = (width: number): { mean: Host; variance: Host } => ({
    mean: hostTensor(new Float32Array(width), [width]),
    variance: hostTensor(new Float32Array(width).fill(1), [width]),
  });
  const layers = Object.entries(hidden).map(([position, { gain }]) => [
    position,
    fresh(gain.data.length),
  ]);
  return { ...Object.fromEntries(layers), output: fresh(output.shape[1] ?? 0) };
}

/**
 * The embedding of a batch, normalised by the batch's own statistics, as in training.
 *
 *     h ← relu( γ ∘ BN(h W) + β ) per hidden layer,   z = h W_K
 *
 * @param features [B, d]
 * @param present [B] 1 where the row counts; all rows unless given.
 *
 * Wang et al. 2024, sec. 3.1, arXiv:2309.05300.
 */
export function project(
  { hidden, output }: ProjectorParams<Tensor>,
  features: Tensor,
  present?: Tensor,
): Projected {
  const rows = present === undefined ? {} : { present };
  const statistics: Record<string, { mean: Tensor; variance: Tensor }> = {};
  let h = features;
  for (const [position, { weight, gain, offset }] of Object.entries(hidden)) {
    const { value, mean, variance } = standardizeColumns(tf.matMul(h, weight), {
      epsilon: EPSILON,
      ...rows,
    });
    statistics[position] = { mean, variance };
    h = tf.relu(tf.add(tf.mul(value, gain), offset));
  }
  const z = tf.matMul<Tensor>(h, output);
  const { mean, variance } = standardizeColumns(z, { epsilon: EPSILON, ...rows });
  statistics["output"] = { mean, variance };
  return { z, statistics };
}

/**
 * The embedding by statistics gathered in training: row by row, whatever else is in the batch.
 *
 * @returns [B, K] standardised by the statistics of `output`.
 */
export function projectWith(
  { hidden, output }: ProjectorParams<Tensor>,
  statistics: ProjectorStatistics<Tensor>,
  features: Tensor,
): Tensor {
  const standardize = (x: Tensor, layer: string): Tensor => {
    const { mean = tf.scalar(0), variance = tf.scalar(1) } = statistics[layer] ?? {};
    return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, EPSILON)));
  };
  let h = features;
  for (const [position, { weight, gain, offset }] of Object.entries(hidden))
    h = tf.relu(tf.add(tf.mul(standardize(tf.matMul(h, weight), position), gain), offset));
  return standardize(tf.matMul(h, output), "output");
}
