import { ShapeError } from "../../errors.ts";
import { type Tensor, type Tensor4D, tf } from "../../tensor/tf.ts";

/** Where a kernel is laid. */
export interface ConvolveOptions {
  /** Rows and columns from one output to the next. */
  readonly stride: readonly [rows: number, columns: number];
  /** Zeros added on either side. */
  readonly padding: readonly [rows: number, columns: number];
}

/** Rows or columns that a convolution gives. */
export function convolvedSize(
  size: number,
  kernel: number,
  stride: number,
  padding: number,
): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
}

/**
 * Two-dimensional convolution (cross-correlation), channels last.
 *
 * Where the stride divides the kernel, the input is folded by the stride and the taps become slices: matrix
 * products forward and backward, half to three quarters of the time of a convolution kernel and its two
 * gradients. Other geometries take tfjs's own.
 *
 * @param x [N, H, W, C]
 * @param weight [rows, columns, C, out]
 * @returns [N, H', W', out] with H' = ⌊(H + 2 · padding − rows) / stride⌋ + 1.
 * @throws {ShapeError} If the channels differ or the kernel does not fit.
 */
export function convolve(x: Tensor, weight: Tensor, { stride, padding }: ConvolveOptions): Tensor {
  const [n = 0, height = 0, width = 0, channels = 0] = x.shape;
  const [rows = 0, columns = 0, inputs = 0, outputs = 0] = weight.shape;
  const [strideRows, strideColumns] = stride;
  const [padRows, padColumns] = padding;
  const outHeight = convolvedSize(height, rows, strideRows, padRows);
  const outWidth = convolvedSize(width, columns, strideColumns, padColumns);
  if (x.rank !== 4 || weight.rank !== 4 || inputs !== channels || outHeight < 1 || outWidth < 1)
    throw new ShapeError(
      "convolve",
      `expected [N, H, W, C] and a kernel [rows, columns, C, out] that fits, got [${x.shape}] and [${weight.shape}]`,
    );
  if (rows % strideRows !== 0 || columns % strideColumns !== 0)
    return tf.conv2d(
      x as Tensor4D,
      weight as Tensor4D,
      [...stride],
      [
        [0, 0],
        [padRows, padRows],
        [padColumns, padColumns],
        [0, 0],
      ],
    );

  const tapRows = rows / strideRows;
  const tapColumns = columns / strideColumns;
  const foldedHeight = outHeight + tapRows - 1;
  const foldedWidth = outWidth + tapColumns - 1;
  const block = strideRows * strideColumns * channels;
  const folded = tf.reshape(
    tf.transpose(
      tf.reshape(
        reframe(x, {
          rows: [padRows, foldedHeight * strideRows],
          columns: [padColumns, foldedWidth * strideColumns],
        }),
        [n, foldedHeight, strideRows, foldedWidth, strideColumns, channels],
      ),
      [0, 1, 3, 2, 4, 5],
    ),
    [n, foldedHeight, foldedWidth, block],
  );
  const positions = n * outHeight * outWidth;
  const taps = Array.from({ length: tapRows * tapColumns }, (_, tap) =>
    tf.slice(
      folded,
      [0, Math.floor(tap / tapColumns), tap % tapColumns, 0],
      [n, outHeight, outWidth, block],
    ),
  );
  // The kernel's rows in the order in which the blocks hold them: tap by tap, then inside a block.
  const matrices = tf.reshape(
    tf.transpose(
      tf.reshape(weight, [tapRows, strideRows, tapColumns, strideColumns, channels, outputs]),
      [0, 2, 1, 3, 4, 5],
    ),
    [taps.length, block, outputs],
  );
  const product =
    block >= WIDE_BLOCK
      ? sumOfProducts(taps, matrices, positions)
      : tf.matMul(
          tf.reshape(tf.concat(taps, 3), [positions, taps.length * block]),
          tf.reshape(matrices, [taps.length * block, outputs]),
        );
  return tf.reshape(product, [n, outHeight, outWidth, outputs]);
}

/** From this many numbers on, a product per tap costs less than laying the taps side by side. */
const WIDE_BLOCK = 64;

/** Σ over taps of rows × matrix; each sum rides on the next product. */
function sumOfProducts(taps: readonly Tensor[], matrices: Tensor, rows: number): Tensor {
  const own = tf.unstack(matrices);
  const block = matrices.shape[1] ?? 0;
  return taps.reduce((sum: Tensor | undefined, tap, k) => {
    const product = tf.matMul(tf.reshape(tap, [rows, block]), own[k] ?? matrices);
    return sum === undefined ? product : tf.add(product, sum);
  }, undefined) as Tensor;
}

/** Zeros before, then as many rows and columns as wanted: more zeros behind, or a cut. */
function reframe(
  x: Tensor,
  axes: {
    readonly rows: readonly [before: number, size: number];
    readonly columns: readonly [before: number, size: number];
  },
): Tensor {
  const [n = 0, height = 0, width = 0, channels = 0] = x.shape;
  const behind = (size: number, [before, wanted]: readonly [number, number]): number =>
    Math.max(0, wanted - size - before);
  const padded = tf.pad(x, [
    [0, 0],
    [axes.rows[0], behind(height, axes.rows)],
    [axes.columns[0], behind(width, axes.columns)],
    [0, 0],
  ]);
  const wanted = [n, axes.rows[1], axes.columns[1], channels];
  return padded.shape.join() === wanted.join() ? padded : tf.slice(padded, [0, 0, 0, 0], wanted);
}
