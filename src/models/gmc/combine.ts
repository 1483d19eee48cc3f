import { ShapeError } from "../../errors.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";

/** How the embeddings of some modalities become one. */
export interface CombineOptions {
  /** Bring the mean back to unit length, for consumers of cosines. Default false, as released. */
  readonly renormalize?: boolean;
}

/**
 * One embedding from those of the modalities that are there: their arithmetic mean.
 *
 * The mean of two unit vectors at angle θ has norm cos(θ/2): shorter, the less they agree.
 *
 * @param embeddings [N, s] each, at least one.
 * @returns [N, s]; rows of norm ≤ 1, of norm 1 where renormalised (a mean of 0 stays 0).
 * @throws {ShapeError} If there is none, or they differ in shape.
 *
 * Poklukar et al. 2022, arXiv:2202.03390; rule of the released code.
 */
export function combineEmbeddings(
  embeddings: readonly HostTensor<"float32">[],
  { renormalize = false }: CombineOptions = {},
): HostTensor<"float32"> {
  const [first] = embeddings;
  if (first === undefined || embeddings.some(({ shape }) => shape.join() !== first.shape.join()))
    throw new ShapeError(
      "combineEmbeddings",
      `expected embeddings [N, s] of one shape, got ${embeddings.map(({ shape }) => `[${shape}]`).join(" ") || "none"}`,
    );
  const size = first.shape.at(-1) ?? 1;
  const mean = new Float32Array(first.data.length);
  for (const { data } of embeddings)
    for (let i = 0; i < mean.length; i++)
      mean[i] = (mean[i] ?? 0) + (data[i] ?? 0) / embeddings.length;
  if (renormalize) for (let row = 0; row < mean.length; row += size) normalizeRow(mean, row, size);
  return hostTensor(mean, first.shape);
}

function normalizeRow(values: Float32Array, from: number, size: number): void {
  const norm = Math.hypot(...values.subarray(from, from + size));
  if (norm > 0) for (let i = from; i < from + size; i++) values[i] = (values[i] ?? 0) / norm;
}
