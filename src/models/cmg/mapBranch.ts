import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { type Tensor, type Tensor4D, tf } from "../../tensor/tf.ts";
import { initLinear, type LinearParams, linear } from "../layers/Linear.ts";
import type { Uniform } from "../layers/Uniform.ts";
import type { CmgInput } from "./config.ts";

type MapInput = Extract<CmgInput, { kind: "map" }>;
type Host = HostTensor<"float32">;

/** A convolution: [height, width, in, out] and, unless it is inside a residual, a bias. */
export type ConvParams<L> = { readonly weight: L; readonly bias?: L };

/** Two convolutions without bias: y = relu(x) + C₁ relu(C₃ relu(x)). */
export type ResidualParams<L> = { readonly wide: ConvParams<L>; readonly narrow: ConvParams<L> };

/** Weights of the pooling in front of a map's semantic encoder. */
export type PoolParams<L> = {
  /** channels → 64 → channels, no bias: which channels matter. */
  readonly squeeze: L;
  readonly excite: L;
  /** Attention over places (pooling `attention`). */
  readonly place?: L;
  readonly whole?: L;
  readonly score?: L;
};

/** Weights of a map's specific branch. */
export type MapSpecificParams<L> = {
  readonly first: ConvParams<L>;
  readonly second: ConvParams<L>;
  readonly third: ConvParams<L>;
  readonly residual: ResidualParams<L>;
  /** The vector that CLUB sees. */
  readonly down: LinearParams<L>;
  readonly out: LinearParams<L>;
};

/** Weights of a map's decoder; all its convolutions are transposed ones. */
export type MapDecoderParams<L> = {
  readonly code: LinearParams<L>;
  readonly first: ConvParams<L>;
  readonly residual: ResidualParams<L>;
  readonly second: ConvParams<L>;
  readonly third: ConvParams<L>;
};

const SQUEEZED = 64;
const ATTENTION = 256;

/** Fresh weights of the pooling. */
export function initPool(uniform: Uniform, { channels, pooling }: MapInput): PoolParams<Host> {
  const matrix = (from: number, to: number): Host => initLinear(uniform, from, to).weight;
  return {
    squeeze: matrix(channels, SQUEEZED),
    excite: matrix(SQUEEZED, channels),
    ...(pooling === "attention" && {
      place: matrix(channels, ATTENTION),
      whole: matrix(channels, ATTENTION),
      score: matrix(ATTENTION, 1),
    }),
  };
}

/**
 * One vector per map: channels weighed (squeeze and excitation), then places pooled.
 *
 *     x' = x (1 + σ(W₂ relu(W₁ mean x)))
 *     attention   Σ_p softmax_p( tanh(w_c · relu(W_a x'_p) ⊙ relu(W_b mean x)) ) x'_p
 *     sum, mean   Σ_p x'_p, or that over the number of places
 *
 * @param x [N, side, side, channels]
 * @returns [N, channels]
 *
 * Xia et al. 2023, supplement's code; Hu et al. 2018, arXiv:1709.01507.
 */
export function poolMap(params: PoolParams<Tensor>, x: Tensor, input: MapInput): Tensor {
  const places = input.side * input.side;
  const flat = tf.reshape(x, [-1, places, input.channels]); // [N, P, C]
  const mean = tf.mean(flat, 1); // [N, C]
  const gate = tf.sigmoid(tf.matMul(tf.relu(tf.matMul(mean, params.squeeze)), params.excite)); // [N, C]
  const weighed = tf.mul(flat, tf.expandDims(tf.add(gate, 1), 1)); // [N, P, C]
  if (input.pooling === "sum") return tf.sum(weighed, 1);
  const { place, whole, score } = params;
  if (input.pooling === "mean" || !place || !whole || !score) return tf.mean(weighed, 1);
  const rows = tf.relu(tf.matMul(tf.reshape(weighed, [-1, input.channels]), place)); // [N P, A]
  const query = tf.mul(
    tf.reshape(rows, [-1, places, ATTENTION]),
    tf.expandDims(tf.relu(tf.matMul(mean, whole)), 1),
  ); // [N, P, A]
  const scores = tf.tanh(tf.matMul(tf.reshape(query, [-1, ATTENTION]), score));
  const shares = tf.softmax(tf.reshape(scores, [-1, places])); // [N, P]
  return tf.sum(tf.mul(weighed, tf.expandDims(shares, 2)), 1);
}

/** Fresh weights of the specific branch. */
export function initMapSpecific(
  uniform: Uniform,
  { channels, convolution: [near, far] }: MapInput,
  specific: number,
): MapSpecificParams<Host> {
  return {
    first: initConv(uniform, 3, channels, near),
    second: initConv(uniform, 3, near, far),
    third: initConv(uniform, 1, far, far),
    residual: initResidual(uniform, far),
    down: initLinear(uniform, far, far / 2, 1.4),
    out: initLinear(uniform, far / 2, specific),
  };
}

/**
 * What a map has beside its meaning: a smaller map for the decoder and a vector for CLUB.
 *
 * @param x [N, side, side, channels]
 * @returns `map` [N, side − 4, side − 4, far] and `vector` [N, specific].
 */
export function specificMap(
  params: MapSpecificParams<Tensor>,
  x: Tensor,
): { readonly map: Tensor; readonly vector: Tensor } {
  const near = tf.relu(convolve(params.first, x));
  const far = convolve(params.third, tf.relu(convolve(params.second, near)));
  const map = tf.relu(residual(params.residual, far));
  return {
    map,
    vector: linear(params.out, tf.relu(linear(params.down, tf.mean(map, [1, 2])))),
  };
}

/** Fresh weights of the decoder. */
export function initMapDecoder(
  uniform: Uniform,
  { channels, convolution: [near, far] }: MapInput,
  dim: number,
): MapDecoderParams<Host> {
  return {
    code: initLinear(uniform, dim, dim),
    first: initConv(uniform, 3, dim + far, near, "transposed"),
    residual: initResidual(uniform, near),
    second: initConv(uniform, 3, near, channels, "transposed"),
    third: initConv(uniform, 1, channels, channels, "transposed"),
  };
}

/**
 * The map again, from a code at every place and the specific map.
 *
 * @param code [N, D]
 * @param map [N, side − 4, side − 4, far]
 * @returns [N, side, side, channels]
 */
export function decodeMap(params: MapDecoderParams<Tensor>, code: Tensor, map: Tensor): Tensor {
  const [, side = 0] = map.shape;
  const u = linear(params.code, code); // [N, D]
  const everywhere = tf.tile(tf.expandDims(tf.expandDims(u, 1), 1), [1, side, side, 1]);
  const grown = convolveTransposed(params.first, tf.concat([everywhere, map], 3));
  const shaped = tf.relu(residual(params.residual, grown));
  return convolveTransposed(params.third, tf.relu(convolveTransposed(params.second, shaped)));
}

function initConv(
  uniform: Uniform,
  size: number,
  from: number,
  to: number,
  kind: "plain" | "transposed" = "plain",
): ConvParams<Host> & { readonly bias: Host } {
  const { weight } = initLinear(uniform, size * size * from, to, 1.4);
  const bias = hostTensor(new Float32Array(to), [to]);
  // A transposed filter is [height, width, out, in]; fresh numbers have no order to keep.
  const shape = kind === "plain" ? [size, size, from, to] : [size, size, to, from];
  return { weight: hostTensor(weight.data, shape), bias };
}

function initResidual(uniform: Uniform, channels: number): ResidualParams<Host> {
  return {
    wide: { weight: initConv(uniform, 3, channels, channels).weight },
    narrow: { weight: initConv(uniform, 1, channels, channels).weight },
  };
}

function convolve(
  { weight, bias }: ConvParams<Tensor>,
  x: Tensor,
  pad: "valid" | "same" = "valid",
) {
  const y = tf.conv2d(x as Tensor4D, weight as Tensor4D, 1, pad);
  return bias === undefined ? y : tf.add(y, bias);
}

function convolveTransposed({ weight, bias }: ConvParams<Tensor>, x: Tensor): Tensor {
  const [N = 0, side = 0] = x.shape;
  const [size = 1, , to = 0] = weight.shape;
  const grown = side + size - 1;
  const y = tf.conv2dTranspose(
    x as Tensor4D,
    weight as Tensor4D,
    [N, grown, grown, to],
    1,
    "valid",
  );
  return bias === undefined ? y : tf.add(y, bias);
}

function residual({ wide, narrow }: ResidualParams<Tensor>, x: Tensor): Tensor {
  const rectified = tf.relu(x);
  const change = convolve(narrow, tf.relu(convolve(wide, rectified, "same")));
  return tf.add(rectified, change);
}
