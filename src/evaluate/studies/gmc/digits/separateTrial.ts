import { initClassifier } from "../../../../models/gmc/classifier.ts";
import type { GmcModel } from "../../../../models/gmc/GmcEncoder.ts";
import { GmcEncoder } from "../../../../models/gmc/GmcEncoder.ts";
import { mhdDigitsConfig } from "../../../../models/gmc/presets.ts";
import { type LinearParams, linear } from "../../../../models/layers/Linear.ts";
import { crossEntropy } from "../../../../models/losses/crossEntropy.ts";
import type { HostTensor } from "../../../../tensor/HostTensor.ts";
import { Rng } from "../../../../tensor/Rng.ts";
import { type Tensor, tf } from "../../../../tensor/tf.ts";
import type { Trial } from "../../../Study.ts";
import { accuracyOf, pairsOf } from "../accuracyOf.ts";
import { hostLogProbabilities } from "../hostLogProbabilities.ts";
import { trainGmc } from "../trainGmc.ts";
import { DIGIT_BATCH, digitBatchSpecs, digitFeeds } from "./digitBatches.ts";
import { digitAlignment, unseen } from "./digitMetrics.ts";
import { EPOCH_STEPS } from "./gmcTrial.ts";
import { allRows, type DigitSplits, loadDigits } from "./loadDigits.ts";

const CONFIG = mhdDigitsConfig();
const NAMES = CONFIG.modalities.map(({ name }) => name);
const RATE = 1e-3;

/** What the separately trained network is asked. */
export interface SeparateOptions {
  readonly variant: string;
  readonly summary: string;
  readonly epochs: number;
  /** Decisions of the heads added up, or how the embeddings lie to each other. */
  readonly measures: "late-fusion" | "alignment";
}

/**
 * The same network and data without the contrast: every encoder learns the labels through a linear
 * head of its own, so nothing ties their embeddings together.
 */
export function separateTrial({ variant, summary, epochs, measures }: SeparateOptions): Trial {
  return {
    variant,
    summary,
    config: { config: CONFIG, epochs, measures },
    run: async (context) => {
      const splits = await loadDigits(context);
      const draw = Rng.fromSeed(context.seed).fork("heads");
      const heads = Object.fromEntries(
        ["joint", ...NAMES].map((name) => [
          name,
          // GMC's z has unit length: a linear head needs room for its logits.
          initClassifier(() => draw.uniform(), CONFIG.head.embedding, 10, [])["0"],
        ]),
      );
      const trained = await trainGmc({
        config: CONFIG,
        batch: digitBatchSpecs(CONFIG),
        feeds: (rng) => digitFeeds(splits.train, CONFIG, rng),
        view: ({ y: _, ...inputs }) => ({ inputs: inputs as Record<string, Tensor> }),
        contrast: 0,
        supervision: {
          params: heads as Record<string, LinearParams<HostTensor<"float32">>>,
          loss: (params, { joint, modalities }, { y }) => {
            const target = tf.oneHot(y as Tensor, 10, 1, 0, "float32");
            const all: Record<string, Tensor> = { joint, ...modalities };
            return tf.addN(
              Object.entries(all).map(([name, z]) =>
                crossEntropy(
                  linear(params[name] as LinearParams<Tensor>, tf.mul(z, SCALE)),
                  target,
                  tf.ones([DIGIT_BATCH]),
                ),
              ),
            );
          },
        },
        steps: epochs * EPOCH_STEPS,
        rate: () => RATE,
        seed: context.seed,
        threads: context.threads,
        progress: context.progress,
      });
      const embeddings = await embedAll(trained.model, splits, context.threads);
      if (measures === "alignment") return digitAlignment(embeddings, splits, context.seed);
      return lateFusion(embeddings.modalities, trained.head, splits);
    },
  };
}

/** Length that unit vectors get before a linear head. */
const SCALE = 8;

async function embedAll(model: GmcModel, { test }: DigitSplits, threads: number) {
  await using encoder = new GmcEncoder(model, { batch: 125, threads });
  const inputs = test.inputs(allRows(test.count));
  const modalities: Record<string, HostTensor<"float32">> = {};
  for (const [name, x] of Object.entries(inputs))
    modalities[name] = await encoder.modality(name, x);
  return { joint: await encoder.joint(inputs), modalities };
}

/** Log-probabilities of the heads that have an input, added up. */
function lateFusion(
  modalities: Readonly<Record<string, HostTensor<"float32">>>,
  heads: Readonly<Record<string, LinearParams<HostTensor<"float32">>>>,
  splits: DigitSplits,
): Record<string, number> {
  const { labels, count } = splits.test;
  const scores = Object.fromEntries(
    NAMES.flatMap((name) => {
      const [z, head] = [modalities[name], heads[name]];
      return z === undefined || head === undefined
        ? []
        : [[name, hostLogProbabilities(head, z, SCALE)]];
    }),
  );
  const predict = (names: readonly string[]): Int32Array =>
    Int32Array.from({ length: count }, (_, row) => {
      const sums = Array.from({ length: 10 }, (_unused, c) =>
        names.reduce((sum, name) => sum + (scores[name]?.[row * 10 + c] ?? 0), 0),
      );
      return sums.indexOf(Math.max(...sums));
    });
  const of = (names: readonly string[]): number => accuracyOf(predict(names), labels);
  return {
    "accuracy/joint": of(NAMES),
    ...Object.fromEntries(NAMES.map((name) => [`accuracy/${name}`, of([name])])),
    "accuracy/speech-unseen": unseen(predict(["speech"]), splits),
    ...Object.fromEntries(pairsOf(NAMES).map(([a, b]) => [`accuracy/${a}+${b}`, of([a, b])])),
  };
}
