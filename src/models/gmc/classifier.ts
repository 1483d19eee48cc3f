import type { HostTensor } from "../../tensor/HostTensor.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { type LinearParams, linear } from "../layers/Linear.ts";
import type { Uniform } from "../layers/Uniform.ts";
import { drawUniform } from "./stack.ts";

/** Weights of a classifier of embeddings, layers by position. */
export type ClassifierParams<L> = { readonly [position: string]: LinearParams<L> };

/** Hidden widths of the paper's downstream classifier. */
export const CLASSIFIER_HIDDEN = [256, 128] as const;

/**
 * The downstream classifier of the paper's protocol: s → 256 → 128 → classes, ReLU between.
 *
 * It is trained on embeddings of the joint alone, the encoders frozen, and put unchanged before those
 * of single modalities: it works there as far as they lie in the same places.
 *
 * Poklukar et al. 2022, sec. 5.1, arXiv:2202.03390.
 */
export function initClassifier(
  uniform: Uniform,
  embedding: number,
  classes: number,
  hidden: readonly number[] = CLASSIFIER_HIDDEN,
): ClassifierParams<HostTensor<"float32">> {
  const widths = [embedding, ...hidden, classes];
  return Object.fromEntries(
    widths.slice(1).map((out, position) => {
      const from = widths[position] ?? 0;
      return [
        String(position),
        {
          weight: drawUniform(uniform, [from, out], from),
          bias: drawUniform(uniform, [out], from),
        },
      ];
    }),
  );
}

/** Logits [N, classes] of embeddings [N, s]. */
export function classifyEmbeddings(params: ClassifierParams<Tensor>, z: Tensor): Tensor {
  const layers = Object.values(params);
  return layers.reduce(
    (y, layer, position) =>
      position < layers.length - 1 ? tf.relu(linear(layer, y)) : linear(layer, y),
    z,
  );
}
