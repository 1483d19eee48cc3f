import { type Tensor, type Tensor3D, tf } from "../../../tensor/tf.ts";
import { linear } from "../../layers/Linear.ts";
import type { DeformableOptions } from "./DeformableOptions.ts";
import type { DeformableParams } from "./params.ts";

/** What attention to placed samples is made of. */
export interface SampledMap {
  /** [B, cells, C], the map with its axes flattened. */
  readonly x: Tensor;
  /** [B, cells, C] */
  readonly query: Tensor;
  /** [G, B, N, cells] interpolation weights of each sample. */
  readonly reads: Tensor;
  /** Cells of the map along each axis. */
  readonly cells: readonly number[];
  /** [cells, N] added to the scores. */
  readonly mask?: Tensor;
}

/**
 * Reads the samples, and lets every cell attend to those of its head's group.
 *
 *     x̃ = reads · x,   k = x̃ W_k,   v = x̃ W_v,   out = softmax( q kᵀ/√d + bias ) v W_o
 *
 * The bias of a sample at p for a cell at c is the displacement table read at c − p. Interpolation
 * commutes with shifts, so that is Σ_r reads_r · table[c − r]: one product with the weights that are
 * there already.
 *
 * @returns [B, cells, C]
 */
export function attendSamples(
  params: DeformableParams<Tensor>,
  { heads, groups: G }: DeformableOptions,
  { x, query, reads, cells, mask }: SampledMap,
): Tensor {
  const [, B = 0, N = 0, size = 0] = reads.shape;
  const C = x.shape[2] ?? 0;
  const [width, own] = [C / G, heads / G];
  const byGroup = tf.transpose(tf.reshape(x, [B, size, G, width]), [2, 0, 1, 3]); // [G, B, cells, width]
  const sampled = tf.matMul(
    tf.reshape(reads, [G * B, N, size]),
    tf.reshape(byGroup, [G * B, size, width]),
  ); // [GB, N, width]
  const samples = tf.reshape(tf.transpose(tf.reshape(sampled, [G, B, N, width]), [1, 2, 0, 3]), [
    B,
    N,
    C,
  ]);

  const perHead = (map: Tensor, length: number): Tensor =>
    tf.transpose(tf.reshape(map, [B, length, heads, C / heads]), [0, 2, 1, 3]); // [B, h, length, d]
  const scores = tf.mul(
    tf.matMul(perHead(query, size), perHead(linear(params.key, samples), N), false, true),
    1 / Math.sqrt(C / heads),
  ); // [B, h, cells, N]

  const table = tf.gather(
    tf.reshape(params.displacement, [heads, -1]),
    tf.tensor1d(displacements(cells), "int32"),
    1,
  ); // [h, cells read · cells asking]
  const shifted = tf.reshape(tf.transpose(tf.reshape(table, [G, own, size, size]), [0, 2, 1, 3]), [
    G,
    size,
    own * size,
  ]);
  const bias = tf.matMul(tf.reshape(reads, [G, B * N, size]), shifted as Tensor3D); // [G, BN, h'·cells]
  const aligned = tf.reshape(
    tf.transpose(tf.reshape(bias, [G, B, N, own, size]), [1, 0, 3, 4, 2]),
    [B, heads, size, N],
  );
  const biased = tf.add(scores, aligned);
  const weights = tf.softmax(mask === undefined ? biased : tf.add(biased, mask));
  const mixed = tf.matMul(weights, perHead(linear(params.value, samples), N)); // [B, h, cells, d]
  return linear(params.output, tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [B, size, C]));
}

/** Place in the table, flattened, of the displacement from each cell read to each cell asking. */
function displacements(cells: readonly number[]): Int32Array {
  const size = cells.reduce((product, length) => product * length, 1);
  const coordinates = (cell: number): number[] => {
    let rest = cell;
    return [...cells]
      .reverse()
      .map((length) => {
        const at = rest % length;
        rest = (rest - at) / length;
        return at;
      })
      .reverse();
  };
  return Int32Array.from({ length: size * size }, (_, i) => {
    const [read, asking] = [coordinates(Math.floor(i / size)), coordinates(i % size)];
    return cells.reduce(
      (place, length, axis) =>
        place * (2 * length - 1) + (asking[axis] ?? 0) - (read[axis] ?? 0) + length - 1,
      0,
    );
  });
}
