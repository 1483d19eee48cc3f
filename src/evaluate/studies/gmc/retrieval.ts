import type { HostTensor } from "../../../tensor/HostTensor.ts";

/**
 * Retrieval at 1: share of rows whose own partner is the nearest, by inner product.
 *
 * @param queries [N, s]
 * @param gallery [N, s]; row i is the partner of row i of `queries`.
 */
export function retrievalAt1(
  queries: HostTensor<"float32">,
  gallery: HostTensor<"float32">,
): number {
  const [N = 0, size = 0] = queries.shape;
  let hits = 0;
  for (let i = 0; i < N; i++) {
    let best = Number.NEGATIVE_INFINITY;
    let nearest = -1;
    for (let j = 0; j < N; j++) {
      let product = 0;
      for (let k = 0; k < size; k++)
        product += (queries.data[i * size + k] ?? 0) * (gallery.data[j * size + k] ?? 0);
      if (product > best) [best, nearest] = [product, j];
    }
    if (nearest === i) hits++;
  }
  return hits / Math.max(N, 1);
}
