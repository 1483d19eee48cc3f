import { combineEmbeddings } from "../../../../models/gmc/combine.ts";
import type { GmcModel } from "../../../../models/gmc/GmcEncoder.ts";
import { GmcEncoder } from "../../../../models/gmc/GmcEncoder.ts";
import { gmcLoss } from "../../../../models/gmc/loss.ts";
import { encodeModality, project } from "../../../../models/gmc/network.ts";
import {
  type GmcParams,
  type GmcStatistics,
  initGmc,
  initGmcStatistics,
} from "../../../../models/gmc/params.ts";
import type { StackStatistics } from "../../../../models/gmc/stack.ts";
import type { HostTensor, HostTree } from "../../../../tensor/HostTensor.ts";
import { Rng } from "../../../../tensor/Rng.ts";
import { type Tensor, tf } from "../../../../tensor/tf.ts";
import type { Trial } from "../../../Study.ts";
import {
  allRows,
  batchFeeds,
  batchSpecs,
  epochSteps,
  type GmcBench,
  type Instants,
  viewBatch,
  warmedUp,
} from "../GmcTask.ts";
import { pairsOf, predictorOf, scoreSubsets } from "../scoreSubsets.ts";
import { trainClassifier } from "../trainClassifier.ts";
import { trainNetwork } from "../trainNetwork.ts";

/** Epochs of the downstream classifier. */
const CLASSIFIER_EPOCHS = 20;

/**
 * The base encoders and the head without a joint encoder: every pair of modalities is contrasted, as
 * CLIP does for two; the mean of all embeddings stands for the joint.
 */
export function infoncePairsTrial(
  bench: GmcBench,
  epochs: number,
  { seeded = true, warmup = 0 }: { readonly seeded?: boolean; readonly warmup?: number } = {},
): Trial {
  const { config, batch, rate, classes } = bench;
  const names = config.modalities.map(({ name }) => name);
  return {
    variant: "infonce-pairs",
    summary: `no joint encoder: InfoNCE of every pair of modalities, ${epochs} epochs`,
    seeded,
    config: {
      config,
      inputs: bench.inputs,
      batch,
      rate,
      warmup,
      epochs,
      classifierEpochs: CLASSIFIER_EPOCHS,
    },
    run: async (context) => {
      const task = await bench.load(context);
      const { seed, threads, progress } = context;
      const rng = Rng.fromSeed(seed);
      const draw = rng.fork("weights");
      const { modalities, head } = initGmc(config, () => draw.uniform());
      const trained = await trainNetwork({
        name: "infonce pairs",
        params: { modalities, head } as HostTree,
        extra: { modalities: initGmcStatistics(config).modalities } as HostTree,
        batch: batchSpecs(bench),
        feeds: batchFeeds(bench, task.train, rng.fork("batches")),
        steps: epochs * epochSteps(bench, task.train),
        rate: warmedUp(() => rate, warmup),
        threads,
        progress,
        loss: (params, tensors, extra) => {
          // A tree without leaves is gone from the state: a network that normalises no batch has none.
          const { modalities: ofBatch = {} } = extra as unknown as Partial<GmcStatistics<Tensor>>;
          const statistics = { modalities: ofBatch, joint: {} };
          const own = params as unknown as GmcParams<Tensor>;
          return pairsLoss(bench, own, statistics, viewBatch(tensors).inputs);
        },
      });
      const params = trained.params as unknown as GmcParams<HostTensor<"float32">>;
      const { modalities: held = {} } = trained.extra as unknown as Partial<
        GmcStatistics<HostTensor<"float32">>
      >;
      const model: GmcModel = { config, params, statistics: { modalities: held, joint: {} } };
      progress("embedding");
      const embeddings = await embedMean(model, task.test, threads);
      const classify = await trainClassifier({
        z: (await embedMean(model, task.train, threads)).joint,
        labels: task.train.labels,
        classes,
        epochs: CLASSIFIER_EPOCHS,
        seed,
        threads,
      });
      return {
        ...(await scoreSubsets(names, task, predictorOf(embeddings, classify))),
        ...task.align?.(embeddings, seed),
      };
    },
  };
}

function pairsLoss(
  { config }: GmcBench,
  params: GmcParams<Tensor>,
  statistics: GmcStatistics<Tensor>,
  inputs: Readonly<Record<string, Tensor>>,
) {
  const next: Record<string, StackStatistics<Tensor>> = {};
  const z = Object.entries(inputs).map(([name, x]) => {
    const encoded = encodeModality(config, params, name, x, { mode: "training", statistics });
    if (Object.keys(encoded.statistics).length > 0) next[name] = encoded.statistics;
    return [name, project(config, params.head, encoded.h)] as const;
  });
  const terms = pairsOf(z.map(([name]) => name)).map(([a, b]) => {
    const [first, second] = [a, b].map((name) => z.find(([own]) => own === name)?.[1]);
    return gmcLoss(first ?? tf.zeros([0]), second ?? tf.zeros([0]), {
      temperature: config.temperature,
    });
  });
  return { loss: tf.addN(terms), extra: { modalities: next } as never };
}

async function embedMean(model: GmcModel, { inputs, count }: Instants, threads: number) {
  await using encoder = new GmcEncoder(model, { batch: 100, threads });
  const modalities: Record<string, HostTensor<"float32">> = {};
  const all = inputs(allRows(count));
  for (const { name } of model.config.modalities) {
    const x = all[name];
    if (x !== undefined) modalities[name] = await encoder.modality(name, x);
  }
  return { joint: combineEmbeddings(Object.values(modalities)), modalities };
}
