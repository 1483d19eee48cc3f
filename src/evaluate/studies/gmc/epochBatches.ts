import type { Rng } from "../../../tensor/Rng.ts";

/**
 * Batches of rows, epoch by epoch in a new random order; what does not fill a batch is left over to
 * the next order. With fewer rows than a batch, rows repeat.
 *
 * @returns The next batch at each call.
 */
export function epochBatches(count: number, batch: number, rng: Rng): () => Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  let at = count;
  return () => {
    if (count < batch) return Int32Array.from({ length: batch }, () => rng.int(0, count));
    if (at + batch > count) {
      rng.shuffle(order);
      at = 0;
    }
    at += batch;
    return order.slice(at - batch, at);
  };
}
