import type { ImlConfig } from "../../../src/models/imlrs/config.ts";
import type { ImlInput } from "../../../src/models/imlrs/network.ts";
import { type ImlParams, initImlParams } from "../../../src/models/imlrs/params.ts";
import { type HostTensor, isHostTensor } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { flattenTree, unflattenTree } from "../../../src/tensor/tree.ts";

/** Three modalities over two positions: one with two tokens per position, two with one. */
export const TINY: ImlConfig = {
  grid: { kind: "line", length: 2 },
  modalities: [
    { name: "alpha", adapter: { kind: "series", length: 8, channels: 2, window: 2 } },
    {
      name: "beta",
      adapter: { kind: "series", length: 6, channels: 1, window: 3 },
      reconstruction: "l1",
    },
    { name: "gamma", adapter: { kind: "series", length: 4, channels: 3, window: 2 } },
  ],
  width: 8,
  heads: 2,
  headWidth: 4,
  layers: 2,
  modalityAttention: "cross",
  mask: "block",
  fusionTokens: "perPosition",
  norms: 2,
  decoder: { width: 8, heads: 2, layers: 2 },
  classes: 3,
};

export const VISIBLE: Readonly<Record<string, number[][]>> = {
  alpha: [
    [1, 0, 1, 1],
    [1, 1, 1, 1],
  ],
  beta: [
    [0, 1],
    [1, 1],
  ],
  gamma: [
    [1, 1],
    [1, 0],
  ],
};
export const PRESENT: Readonly<Record<string, number[]>> = {
  alpha: [1, 1],
  beta: [1, 1],
  gamma: [0, 1],
};

/** Weights that are a formula of their path: the one of golden/encoder.py. */
export function formulaWeights(config: ImlConfig): ImlParams<Tensor> {
  const rng = Rng.fromSeed(1);
  return mapWeights(
    initImlParams(config, () => rng.uniform()),
    (path, { shape, data }) => {
      const start = [...path].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 97;
      const isGain = /(^|\/)(norm|context|gain)$/.test(path);
      return tf.tensor(
        Float32Array.from(data, (_, i) => {
          const wave = Math.sin(0.7 * i + start);
          return isGain ? 1 + 0.1 * wave : 0.5 * wave;
        }),
        shape as number[],
      );
    },
  );
}

/** Fresh weights as tensors. */
export function randomWeights(config: ImlConfig, seed = 3): ImlParams<Tensor> {
  const rng = Rng.fromSeed(seed);
  return mapWeights(
    initImlParams(config, () => rng.uniform()),
    (_, { shape, data }) => tf.tensor(data, shape as number[]),
  );
}

function mapWeights(
  params: ImlParams<HostTensor<"float32">>,
  map: (path: string, leaf: HostTensor) => Tensor,
): ImlParams<Tensor> {
  const leaves = flattenTree(params, (node): node is HostTensor => isHostTensor(node as never));
  return unflattenTree(
    leaves.map(([path, leaf]) => [path, map(path, leaf)] as const),
  ) as unknown as ImlParams<Tensor>;
}

/** The samples of golden/encoder.py. */
export function formulaInput(config: ImlConfig, name: string, batch = 2): Tensor {
  const adapter = config.modalities.find((modality) => modality.name === name)?.adapter;
  if (adapter?.kind !== "series") throw new RangeError("expected a series");
  const size = adapter.length * adapter.channels;
  const data = Float32Array.from({ length: batch * size }, (_, at) =>
    Math.cos(0.9 * (at % size) + 2.3 * Math.floor(at / size) + name.length),
  );
  return tf.tensor(data, [batch, adapter.length, adapter.channels]);
}

/** All three modalities with the masks of golden/encoder.py. */
export function formulaInputs(config: ImlConfig): Record<string, ImlInput> {
  return Object.fromEntries(
    config.modalities.map(({ name }) => [
      name,
      {
        x: formulaInput(config, name),
        present: tf.tensor(PRESENT[name] ?? []),
        visible: tf.tensor(VISIBLE[name] ?? []),
      },
    ]),
  );
}

/** Random inputs without masks. */
export function randomInputs(
  config: ImlConfig,
  batch = 2,
  seed = 5,
): Record<string, { readonly x: Tensor }> {
  const rng = Rng.fromSeed(seed);
  return Object.fromEntries(
    config.modalities.map(({ name, adapter }) => {
      if (adapter.kind !== "series") throw new RangeError("expected a series");
      const shape: [number, number, number] = [batch, adapter.length, adapter.channels];
      return [
        name,
        { x: tf.tensor(rng.fork(name).normalArray(shape[0] * shape[1] * shape[2]), shape) },
      ];
    }),
  );
}

/** Largest |a − b| over max(1, |b|). */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const [x = Number.NaN, y = Number.NaN] = [a[i], b[i]];
    const difference = Math.abs(x - y) / Math.max(1, Math.abs(y));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
