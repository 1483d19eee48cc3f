import type { GmcBatch, GmcTrainingOptions } from "../../../../models/gmc/method.ts";
import type { LinearParams } from "../../../../models/layers/Linear.ts";
import type { HostTensor } from "../../../../tensor/HostTensor.ts";
import { Rng } from "../../../../tensor/Rng.ts";
import { float32, type SpecTree } from "../../../../tensor/TensorSpec.ts";
import type { Tensor } from "../../../../tensor/tf.ts";
import type { Trial } from "../../../Study.ts";
import { embedInstants } from "../embedInstants.ts";
import {
  batchSpecs,
  cosineRate,
  epochSteps,
  type GmcBench,
  type GmcTask,
  viewBatch,
} from "../GmcTask.ts";
import { heldFeeds } from "../heldFeeds.ts";
import { predictorOf, scoreSubsets } from "../scoreSubsets.ts";
import { initSharedHead, nameBySharedHead, sharedHeadLoss } from "../sharedHead.ts";
import { trainGmc } from "../trainGmc.ts";

/** One way of training on instants with modalities missing. */
export interface MissingOptions {
  readonly variant: string;
  readonly summary: string;
  readonly epochs: number;
  /** Chance that a modality of a training instant is missing, each by itself; never all of them. */
  readonly missing: number;
  readonly incomplete: NonNullable<GmcTrainingOptions["incomplete"]>;
}

/**
 * GMC where training instants lack modalities: the head learns the labels on the joint's embeddings of
 * complete instants, and the contrast carries them over to each modality. Tested as ever.
 */
export function missingTrial(bench: GmcBench, options: MissingOptions): Trial {
  const { variant, summary, epochs, missing, incomplete } = options;
  const own: GmcBench = { ...bench, config: { ...bench.config, presence: true } };
  const { config, batch, rate, classes } = own;
  const names = config.modalities.map(({ name }) => name);
  return {
    variant,
    summary,
    config: { config, inputs: bench.inputs, batch, rate, epochs, missing, incomplete },
    run: async (context) => {
      const { seed, threads, progress } = context;
      const task = await bench.load(context);
      const present = drawPresence(task, names, missing, Rng.fromSeed(seed).fork("missing"));
      const draw = Rng.fromSeed(seed).fork("head");
      const steps = epochs * epochSteps(own, task.train);
      const flags = Object.fromEntries(names.map((name) => [name, float32([batch])]));
      const specs = batchSpecs(own);
      const { model, head } = await trainGmc({
        config,
        options: { incomplete },
        batch: { ...specs, held: specs["inputs"], present: flags, shown: flags } as SpecTree,
        feeds: (rng) => heldFeeds(own, task.train, present, rng),
        view: (tensors) => tensors as unknown as GmcBatch,
        steps,
        rate: cosineRate(rate, steps),
        supervision: {
          params: initSharedHead(() => draw.uniform(), config.head.embedding, classes),
          loss: (params, { joint, complete }, tensors) =>
            sharedHeadLoss(
              params as unknown as LinearParams<Tensor>,
              [joint],
              viewBatch(tensors).y,
              complete,
            ),
        },
        seed,
        threads,
        progress,
      });
      const embeddings = await embedInstants(model, task.test, threads);
      const classify = nameBySharedHead(head as unknown as LinearParams<HostTensor<"float32">>);
      return scoreSubsets(names, task, predictorOf(embeddings, classify));
    },
  };
}

/** Per modality [count] 1 where a training instant has it. */
function drawPresence(
  { train }: GmcTask,
  names: readonly string[],
  missing: number,
  rng: Rng,
): Record<string, Float32Array> {
  const present = Object.fromEntries(names.map((name) => [name, new Float32Array(train.count)]));
  for (let row = 0; row < train.count; row++) {
    const kept = names.filter(() => rng.uniform() >= missing);
    const there = kept.length > 0 ? kept : [names[rng.int(0, names.length)] ?? ""];
    for (const name of there) present[name]?.fill(1, row, row + 1);
  }
  return present;
}
