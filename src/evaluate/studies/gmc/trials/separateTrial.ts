import type { LinearParams } from "../../../../models/layers/Linear.ts";
import { argMax } from "../../../../tensor/argMax.ts";
import type { HostTensor } from "../../../../tensor/HostTensor.ts";
import { Rng } from "../../../../tensor/Rng.ts";
import { type Tensor, tf } from "../../../../tensor/tf.ts";
import type { Trial } from "../../../Study.ts";
import { embedInstants } from "../embedInstants.ts";
import {
  batchFeeds,
  batchSpecs,
  cosineRate,
  epochSteps,
  type GmcBench,
  viewBatch,
} from "../GmcTask.ts";
import { hostLogProbabilities } from "../hostLogProbabilities.ts";
import { scoreSubsets } from "../scoreSubsets.ts";
import { HEAD_SCALE, initSharedHead, sharedHeadLoss } from "../sharedHead.ts";
import { trainGmc } from "../trainGmc.ts";

/** One way of training encoders apart. */
export interface SeparateOptions {
  readonly variant: string;
  readonly summary: string;
  readonly epochs: number;
  readonly schedule?: "constant" | "cosine";
  readonly seeded?: boolean;
}

/**
 * The same network and data without the contrast: every encoder learns the labels through a linear
 * head of its own, so nothing ties their embeddings together. A subset's decisions are added up; how the
 * embeddings lie to each other tells what the contrast does.
 */
export function separateTrial(bench: GmcBench, options: SeparateOptions): Trial {
  const { variant, summary, epochs, schedule = "constant", seeded } = options;
  const { config, classes, rate, batch } = bench;
  const names = config.modalities.map(({ name }) => name);
  return {
    variant,
    summary,
    ...(seeded !== undefined && { seeded }),
    config: { config, inputs: bench.inputs, batch, rate, epochs, schedule },
    run: async (context) => {
      const { seed, threads, progress } = context;
      const task = await bench.load(context);
      const draw = Rng.fromSeed(seed).fork("heads");
      const heads = Object.fromEntries(
        ["joint", ...names].map((name) => [
          name,
          initSharedHead(() => draw.uniform(), config.head.embedding, classes),
        ]),
      );
      const steps = epochs * epochSteps(bench, task.train);
      const { model, head } = await trainGmc({
        config,
        batch: batchSpecs(bench),
        feeds: (rng) => batchFeeds(bench, task.train, rng),
        view: viewBatch,
        contrast: 0,
        supervision: {
          params: heads,
          loss: (params, { joint, modalities }, tensors) => {
            const own = params as Record<string, LinearParams<Tensor>>;
            const all = { joint, ...modalities };
            const { y } = viewBatch(tensors);
            return tf.addN(
              Object.entries(own).map(([name, each]) =>
                sharedHeadLoss(each, [all[name as keyof typeof all] ?? joint], y),
              ),
            );
          },
        },
        steps,
        rate: schedule === "constant" ? () => rate : cosineRate(rate, steps),
        seed,
        threads,
        progress,
      });
      const embeddings = await embedInstants(model, task.test, threads);
      const scores = Object.fromEntries(
        Object.entries(embeddings.modalities).flatMap(([name, z]) => {
          const own = head[name] as LinearParams<HostTensor<"float32">> | undefined;
          return own === undefined ? [] : [[name, hostLogProbabilities(own, z, HEAD_SCALE)]];
        }),
      );
      const accuracies = await scoreSubsets(names, task, (subset) =>
        likeliest(
          subset.flatMap((name) => scores[name] ?? []),
          classes,
        ),
      );
      return { ...accuracies, ...task.align?.(embeddings, seed) };
    },
  };
}

/** The class of the largest sum in each row. */
function likeliest(scores: readonly Float32Array[], classes: number): Int32Array {
  return Int32Array.from({ length: (scores[0]?.length ?? 0) / classes }, (_, row) => {
    const sums = Array.from({ length: classes }, (_unused, c) =>
      scores.reduce((sum, own) => sum + (own[row * classes + c] ?? 0), 0),
    );
    return argMax(sums);
  });
}
