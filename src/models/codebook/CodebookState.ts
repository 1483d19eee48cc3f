import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";

/** A codebook that learns by moving averages: K codes of D numbers, shared by all modalities. */
export type CodebookState<L> = {
  /** [K, D] eₖ, the codes. */
  readonly codes: L;
  /** [K] Nₖ, moving average of how many vectors a batch puts on a code. */
  readonly counts: L;
  /** [K, D] oₖ, moving average of the sum of those vectors; eₖ = oₖ / Nₖ. */
  readonly sums: L;
  /** [K] batches since a code was last chosen. */
  readonly idle: L;
};

/**
 * A codebook before its first batch: every code counts as dead, so that the first `reseedDeadCodes`
 * seeds all of them from data. (Random codes near the origin explode or never get used.)
 */
export function initCodebook(size: number, dim: number): CodebookState<HostTensor<"float32">> {
  return {
    codes: hostTensor(new Float32Array(size * dim), [size, dim]),
    counts: hostTensor(new Float32Array(size), [size]),
    sums: hostTensor(new Float32Array(size * dim), [size, dim]),
    idle: hostTensor(new Float32Array(size).fill(1e6), [size]),
  };
}
