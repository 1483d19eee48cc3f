import { ShapeError } from "../../errors.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import type { Uniform } from "./Uniform.ts";

/** Weights of one LSTM layer; gates in the order input, forget, cell, output. */
export type LstmParams<L> = {
  /** [in, 4H] */
  readonly input: L;
  /** [H, 4H] */
  readonly recurrent: L;
  /** [4H] */
  readonly bias: L;
};

/** Fresh weights: uniform in ±1/√H. */
export function initLstm(
  uniform: Uniform,
  inputs: number,
  hidden: number,
): LstmParams<HostTensor<"float32">> {
  const bound = 1 / Math.sqrt(hidden);
  const draw = (shape: readonly number[]): HostTensor<"float32"> =>
    hostTensor(
      Float32Array.from(
        { length: shape.reduce((product, side) => product * side, 1) },
        () => (2 * uniform() - 1) * bound,
      ),
      shape,
    );
  return {
    input: draw([inputs, 4 * hidden]),
    recurrent: draw([hidden, 4 * hidden]),
    bias: draw([4 * hidden]),
  };
}

/**
 * One LSTM layer over whole clips from a state of zeros.
 *
 *     [i f g o] = x W + h U + b      c ← σ(f) c + σ(i) tanh(g)      h ← σ(o) tanh(c)
 *
 * Unrolled: meant for tens of frames, not hundreds.
 *
 * @param x [B, T, in]
 * @param options.reverse Runs from the last frame to the first; rows stay in the order of `x`.
 * @returns [B, T, H]; row t has seen frames 0 … t (t … T − 1 in reverse).
 * @throws {ShapeError} If the last axis of `x` does not fit the weights.
 *
 * Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000.
 */
export function lstm(
  { input, recurrent, bias }: LstmParams<Tensor>,
  x: Tensor,
  { reverse = false }: { readonly reverse?: boolean } = {},
): Tensor {
  const [B = 0, T = 0, inputs = 0] = x.shape;
  const [expected = 0, width = 0] = input.shape;
  if (x.rank !== 3 || inputs !== expected)
    throw new ShapeError("lstm", `expected [B, T, ${expected}], got [${x.shape}]`);
  // One product for the inputs of all frames; time first, so that a frame is one slice.
  const turned = tf.reshape(tf.transpose(x, [1, 0, 2]), [T * B, inputs]);
  const driven = tf.add(tf.matMul(turned, input), bias); // [T B, 4H]
  const rows: Tensor[] = new Array(T);
  let h: Tensor | undefined;
  let c: Tensor | undefined;
  for (let step = 0; step < T; step++) {
    const t = reverse ? T - 1 - step : step;
    const fresh = tf.slice(driven, [t * B, 0], [B, width]);
    const gates: Tensor = h === undefined ? fresh : tf.add(tf.matMul(h, recurrent), fresh); // [B, 4H]
    const [i, f, g, o] = tf.split(gates, 4, 1) as [Tensor, Tensor, Tensor, Tensor];
    const written = tf.mul(tf.sigmoid(i), tf.tanh(g));
    c = c === undefined ? written : tf.add(tf.mul(tf.sigmoid(f), c), written);
    h = tf.mul(tf.sigmoid(o), tf.tanh(c));
    rows[t] = h;
  }
  return tf.stack(rows, 1);
}
