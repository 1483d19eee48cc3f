import { type Tensor, tf } from "../../tensor/tf.ts";

/**
 * Lays a convolution's window side by side, so that one product does the convolution.
 *
 * `stride` rows become one, then each gets its (taps − 1)/2 neighbours on both sides; beyond the ends
 * are zeros. Windows of neighbours overlap by whole strides: kernel taps · stride, stride `stride`.
 *
 * @param x [B, T, channels], T a multiple of `stride`, oldest row first.
 * @returns [B, T / stride, taps · stride · channels], earliest neighbour first.
 */
export function seriesFold(x: Tensor, stride: number, taps: number): Tensor {
  const [batch = 0, steps = 0, channels = 0] = x.shape;
  const [rows, width] = [steps / stride, stride * channels];
  const folded = tf.reshape(x, [batch, rows, width]);
  if (taps === 1) return folded;
  const side = (taps - 1) / 2;
  const padded = tf.pad(folded, [
    [0, 0],
    [side, side],
    [0, 0],
  ]);
  return tf.concat(
    Array.from({ length: taps }, (_, tap) => tf.slice(padded, [0, tap, 0], [batch, rows, width])),
    2,
  );
}
