import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { layerNorm as normalize } from "../../tensor/ops/layerNorm.ts";
import type { Tensor } from "../../tensor/tf.ts";

/** Gain and offset of a layer normalisation. */
export type LayerNormParams<L> = {
  /** [width], 1 at the start. */
  readonly gain: L;
  /** [width], 0 at the start. */
  readonly offset: L;
};

/** Fresh weights: the identity after normalisation. */
export function initLayerNorm(width: number): LayerNormParams<HostTensor<"float32">> {
  return {
    gain: hostTensor(new Float32Array(width).fill(1), [width]),
    offset: hostTensor(new Float32Array(width), [width]),
  };
}

/**
 * y = g ⊙ (x − μ) / √(σ² + ε) + o, with μ and σ² over the last axis of each row.
 *
 * @param x [..., width]
 * @returns [..., width]; before gain and offset every row has mean 0 and norm √width.
 *
 * Ba et al. 2016, eq. 4, arXiv:1607.06450; ε = 1e-5.
 */
export function layerNorm({ gain, offset }: LayerNormParams<Tensor>, x: Tensor): Tensor {
  return normalize(x, { gain, bias: offset });
}
