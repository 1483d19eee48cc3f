import type { GmcConfig } from "../../../src/models/gmc/config.ts";
import { type HostTree, isHostTensor } from "../../../src/tensor/HostTensor.ts";
import type { TensorTree } from "../../../src/tensor/TensorSpec.ts";
import { tf } from "../../../src/tensor/tf.ts";

/** A model of every kind of layer, small enough for finite differences. */
export const smallConfig: GmcConfig = {
  modalities: [
    {
      name: "picture",
      shape: [8, 8, 2],
      layers: [
        {
          kind: "conv",
          kernel: [4, 4],
          stride: [2, 2],
          padding: [1, 1],
          channels: 4,
          activation: "swish",
          normalization: "group:2",
          bias: true,
        },
        { kind: "mean" },
      ],
    },
    {
      name: "sequence",
      shape: [6, 1, 3],
      layers: [
        {
          kind: "conv",
          kernel: [2, 1],
          stride: [2, 1],
          padding: [0, 0],
          channels: 4,
          activation: "gelu",
          normalization: "batch",
        },
      ],
    },
    {
      name: "vector",
      shape: [5],
      layers: [{ kind: "dense", width: 4, activation: "swish", normalization: "layer" }],
    },
  ],
  width: 6,
  head: { hidden: [5], activation: "swish", embedding: 4 },
  temperature: 0.5,
};

/** Host tensors as tensors. */
export function tensorsOf(tree: object): TensorTree {
  return Object.fromEntries(
    Object.entries(tree as HostTree).map(([name, node]) => [
      name,
      isHostTensor(node) ? tf.tensor(node.data, [...node.shape]) : tensorsOf(node),
    ]),
  );
}
