import { combineEmbeddings } from "../../../../models/gmc/combine.ts";
import type { GmcForm } from "../../../../models/gmc/loss.ts";
import type { LinearParams } from "../../../../models/layers/Linear.ts";
import type { HostTensor } from "../../../../tensor/HostTensor.ts";
import { adamW } from "../../../../tensor/optimizers/adamW.ts";
import { Rng } from "../../../../tensor/Rng.ts";
import type { Tensor } from "../../../../tensor/tf.ts";
import type { Trial } from "../../../Study.ts";
import { embedInstants, embedJoint } from "../embedInstants.ts";
import {
  batchFeeds,
  batchSpecs,
  cosineRate,
  epochSteps,
  type GmcBench,
  viewBatch,
  warmedUp,
} from "../GmcTask.ts";
import { accuracyOf, predictorOf, scoreSubsets } from "../scoreSubsets.ts";
import { initSharedHead, nameBySharedHead, sharedHeadLoss } from "../sharedHead.ts";
import { trainClassifier } from "../trainClassifier.ts";
import { trainGmc } from "../trainGmc.ts";

/** One way of training GMC. */
export interface ContrastOptions {
  readonly variant: string;
  readonly summary: string;
  readonly epochs: number;
  readonly form?: GmcForm;
  /** Which modalities; all unless given. */
  readonly modalities?: readonly string[];
  /**
   * What learns the labels. `after`: a classifier of the joint's embeddings when all is trained, as
   * published. `joint`: a head on the joint's embeddings while it trains, as the paper has it for
   * sentiment. `all`: that head on the embeddings of the joint and of every modality. Default `after`.
   */
  readonly labels?: "after" | "joint" | "all";
  /** Weight of the contrast beside a head; 1 unless given. */
  readonly contrast?: number;
  /** Default `constant`, as published. */
  readonly schedule?: "constant" | "cosine";
  /** Steps over which the rate rises to its own; 0 unless given, as published. */
  readonly warmup?: number;
  /** 0 unless given, as published. */
  readonly weightDecay?: number;
  readonly seeded?: boolean;
  readonly onRequest?: boolean;
}

/** Epochs of the downstream classifier. */
const CLASSIFIER_EPOCHS = 20;

/** GMC: contrast of every modality with the joint, then what it learned put to the test on every subset. */
export function contrastTrial(bench: GmcBench, options: ContrastOptions): Trial {
  const {
    variant,
    summary,
    epochs,
    form = "code",
    schedule = "constant",
    seeded,
    onRequest,
  } = options;
  const { labels = "after", contrast = 1, weightDecay = 0, warmup = 0 } = options;
  const modalities = bench.config.modalities.filter(
    ({ name }) => options.modalities?.includes(name) !== false,
  );
  const own: GmcBench = { ...bench, config: { ...bench.config, modalities } };
  const { config, batch, rate, classes, inputs } = own;
  return {
    variant,
    summary,
    ...(seeded !== undefined && { seeded }),
    ...(onRequest !== undefined && { onRequest }),
    config: {
      config,
      inputs,
      batch,
      rate,
      form,
      epochs,
      schedule,
      warmup,
      labels,
      contrast,
      weightDecay,
      classifierEpochs: CLASSIFIER_EPOCHS,
    },
    run: async (context) => {
      const { seed, threads, progress } = context;
      const task = await bench.load(context);
      const steps = epochs * epochSteps(own, task.train);
      const draw = Rng.fromSeed(seed).fork("head");
      const { model, head } = await trainGmc({
        config,
        options: { form },
        batch: batchSpecs(own),
        feeds: (rng) => batchFeeds(own, task.train, rng),
        view: viewBatch,
        steps,
        rate: warmedUp(schedule === "constant" ? () => rate : cosineRate(rate, steps), warmup),
        optimizer: adamW({ weightDecay }),
        contrast,
        ...(labels !== "after" && {
          supervision: {
            params: initSharedHead(() => draw.uniform(), config.head.embedding, classes),
            loss: (params, objective, tensors) =>
              sharedHeadLoss(
                params as unknown as LinearParams<Tensor>,
                labels === "all"
                  ? [objective.joint, ...Object.values(objective.modalities)]
                  : [objective.joint],
                viewBatch(tensors).y,
              ),
          },
        }),
        seed,
        threads,
        progress,
      });
      progress("embedding");
      const embeddings = await embedInstants(model, task.test, threads);
      const classify =
        labels === "after"
          ? await trainClassifier({
              z: await embedJoint(model, task.train, threads),
              labels: task.train.labels,
              classes,
              epochs: CLASSIFIER_EPOCHS,
              seed,
              threads,
            })
          : nameBySharedHead(head as unknown as LinearParams<HostTensor<"float32">>);
      progress("testing");
      return {
        ...(await scoreSubsets(
          modalities.map(({ name }) => name),
          task,
          predictorOf(embeddings, classify),
        )),
        "accuracy/mean": accuracyOf(
          classify(combineEmbeddings(Object.values(embeddings.modalities))),
          task.test.labels,
        ),
        ...task.align?.(embeddings, seed),
      };
    },
  };
}
