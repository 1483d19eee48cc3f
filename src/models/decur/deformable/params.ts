import { type HostTensor, hostTensor } from "../../../tensor/HostTensor.ts";
import type { Rng } from "../../../tensor/Rng.ts";
import { sizeOfShape } from "../../../tensor/TensorSpec.ts";
import { initLinear, type LinearParams } from "../../layers/Linear.ts";
import { initLayerNorm, type LayerNormParams } from "../../layers/layerNorm.ts";
import type { DeformableOptions } from "./DeformableOptions.ts";

type Host = HostTensor<"float32">;

/** Weights of a deformable attention over C channels, C/G of them in a group. */
export type DeformableParams<L> = {
  /** [C, C] each, with biases [C]. */
  readonly query: LinearParams<L>;
  readonly key: LinearParams<L>;
  readonly value: LinearParams<L>;
  readonly output: LinearParams<L>;
  /** One network for all groups: depthwise convolution, norm, gelu, and a map without bias. */
  readonly offset: {
    /** [...kernel, C/G, 1] */
    readonly depthwise: L;
    /** [C/G] */
    readonly bias: L;
    readonly norm: LayerNormParams<L>;
    /** [C/G, axes] to an offset per axis, in −1 … 1 of the whole axis. */
    readonly direction: L;
  };
  /** [heads, 2·cells − 1 per axis] attention bias by displacement. */
  readonly displacement: L;
};

/**
 * Fresh weights. Offsets start small but not 0: at rest on a cell a sample has no slope to leave it.
 *
 * @param cells Cells of the map along each axis: [T], or [H, W].
 */
export function initDeformable(
  rng: Rng,
  channels: number,
  cells: readonly number[],
  { heads, groups, kernel }: DeformableOptions,
): DeformableParams<Host> {
  const uniform = (): number => rng.uniform();
  const width = channels / groups;
  const taps = kernel ** cells.length;
  const bound = 1 / Math.sqrt(taps);
  const table = cells.map((size) => 2 * size - 1);
  return {
    query: initLinear(uniform, channels, channels),
    key: initLinear(uniform, channels, channels),
    value: initLinear(uniform, channels, channels),
    output: initLinear(uniform, channels, channels),
    offset: {
      depthwise: hostTensor(rng.uniformArray(taps * width, -bound, bound), [
        ...cells.map(() => kernel),
        width,
        1,
      ]),
      bias: hostTensor(new Float32Array(width), [width]),
      norm: initLayerNorm(width),
      direction: initLinear(uniform, width, cells.length, 0.2).weight,
    },
    displacement: hostTensor(rng.normalArray(heads * sizeOfShape(table), 0, 0.01), [
      heads,
      ...table,
    ]),
  };
}
