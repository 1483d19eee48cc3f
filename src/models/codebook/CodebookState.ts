import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import type { Uniform } from "../layers/Uniform.ts";

/** A codebook that learns by moving averages: K codes of D numbers, shared by all modalities. */
export type CodebookState<L> = {
  /** [K, D] eₖ, the codes. */
  readonly codes: L;
  /** [K] Nₖ, moving average of how many vectors a batch puts on a code. */
  readonly counts: L;
  /** [K, D] oₖ, moving average of the sum of those vectors; eₖ = oₖ / Nₖ. */
  readonly sums: L;
  /** [K] batches since a code was last chosen; or [M, K], since each modality last chose it. */
  readonly idle: L;
};

/**
 * A codebook before its first batch: every code counts as dead, so that the first `reseedDeadCodes`
 * seeds all of them from data. (Random codes near the origin explode or never get used.)
 */
export function initCodebook(
  size: number,
  dim: number,
  { modalities }: InitCodebookOptions = {},
): CodebookState<HostTensor<"float32">> {
  return {
    codes: hostTensor(new Float32Array(size * dim), [size, dim]),
    counts: hostTensor(new Float32Array(size), [size]),
    sums: hostTensor(new Float32Array(size * dim), [size, dim]),
    idle: idleFor(size, modalities, 1e6),
  };
}

/** How a codebook's idle counters are laid out. */
export interface InitCodebookOptions {
  /** One counter per modality and code; absent: one per code. */
  readonly modalities?: number;
}

/** ± this: a constant of the released code, which does not follow the number of codes. */
const UNIFORM_BOUND = 1 / 400;

/**
 * A codebook as the released code of CMG starts it: codes uniform near the origin, N = 0, o = e.
 *
 * With Laplace smoothing a code that nothing falls on leaps away after the first update (to about
 * 10⁵ times its start) and sinks back over hundreds. Kept for reproduction; prefer `initCodebook`.
 */
export function initUniformCodebook(
  uniform: Uniform,
  size: number,
  dim: number,
  { modalities }: InitCodebookOptions = {},
): CodebookState<HostTensor<"float32">> {
  const codes = Float32Array.from(
    { length: size * dim },
    () => (2 * uniform() - 1) * UNIFORM_BOUND,
  );
  return {
    codes: hostTensor(codes, [size, dim]),
    counts: hostTensor(new Float32Array(size), [size]),
    sums: hostTensor(codes.slice(), [size, dim]),
    idle: idleFor(size, modalities, 0),
  };
}

function idleFor(
  size: number,
  modalities: number | undefined,
  batches: number,
): HostTensor<"float32"> {
  return modalities === undefined
    ? hostTensor(new Float32Array(size).fill(batches), [size])
    : hostTensor(new Float32Array(modalities * size).fill(batches), [modalities, size]);
}
