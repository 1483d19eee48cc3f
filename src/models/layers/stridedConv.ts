import { ShapeError } from "../../errors.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { type LinearParams, linear } from "./Linear.ts";

/**
 * A 4 × 4 convolution of stride 2 that halves both sides of an image, zeros outside.
 *
 * Written as space-to-depth (2 × 2 pixels become channels), four shifted copies and one product: the
 * gradient is then a product as well, with nothing to transpose or scatter.
 *
 * @param params weight [16 · C, F]; rows ordered (shift down, shift right, pixel row, pixel column, C).
 * @param x [N, H, W, C], H and W even.
 * @returns [N, H/2, W/2, F]; output (i, j) sees the input rows 2i−1 … 2i+2 and columns 2j−1 … 2j+2.
 * @throws {ShapeError} If `x` is not [N, even, even, C].
 */
export function stridedConv(params: LinearParams<Tensor>, x: Tensor): Tensor {
  const [N = 0, H = 0, W = 0, C = 0] = x.shape;
  if (x.rank !== 4 || H % 2 !== 0 || W % 2 !== 0)
    throw new ShapeError("stridedConv", `expected [N, even, even, C], got [${x.shape}]`);
  const rows = H / 2;
  const columns = W / 2;
  // One pixel of border shifts the 2 × 2 cells to start at −1, so that kernels are centred.
  const padded = tf.pad(x, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]); // [N, H + 2, W + 2, C]
  const cells = tf.reshape(
    tf.transpose(tf.reshape(padded, [N * (rows + 1), 2, columns + 1, 2 * C]), [0, 2, 1, 3]),
    [N, rows + 1, columns + 1, 4 * C],
  );
  const shifts = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ].map(([down = 0, right = 0]) => tf.slice(cells, [0, down, right, 0], [N, rows, columns, 4 * C]));
  return linear(params, tf.concat(shifts, 3));
}
