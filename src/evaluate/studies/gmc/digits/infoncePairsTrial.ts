import { combineEmbeddings } from "../../../../models/gmc/combine.ts";
import { GmcEncoder, type GmcModel } from "../../../../models/gmc/GmcEncoder.ts";
import { gmcLoss } from "../../../../models/gmc/loss.ts";
import { encodeModality, project } from "../../../../models/gmc/network.ts";
import {
  type GmcParams,
  type GmcStatistics,
  initGmc,
  initGmcStatistics,
} from "../../../../models/gmc/params.ts";
import { mhdDigitsConfig } from "../../../../models/gmc/presets.ts";
import type { StackStatistics } from "../../../../models/gmc/stack.ts";
import type { HostTensor, HostTree } from "../../../../tensor/HostTensor.ts";
import { Rng } from "../../../../tensor/Rng.ts";
import { type Tensor, tf } from "../../../../tensor/tf.ts";
import type { Trial } from "../../../Study.ts";
import { pairsOf } from "../accuracyOf.ts";
import { trainClassifier } from "../trainClassifier.ts";
import { trainNetwork } from "../trainNetwork.ts";
import { digitBatchSpecs, digitFeeds } from "./digitBatches.ts";
import { digitAccuracies, digitAlignment } from "./digitMetrics.ts";
import { CLASSIFIER_EPOCHS, EPOCH_STEPS } from "./gmcTrial.ts";
import { allRows, loadDigits } from "./loadDigits.ts";

const CONFIG = mhdDigitsConfig();
const NAMES = CONFIG.modalities.map(({ name }) => name);
const RATE = 1e-3;

/**
 * The base encoders and the head without a joint encoder: every pair of modalities is contrasted, as
 * CLIP does for two; the mean of all embeddings stands for the joint.
 */
export function infoncePairsTrial(epochs: number): Trial {
  return {
    variant: "infonce-pairs",
    summary: `no joint encoder: InfoNCE of every pair of modalities, ${epochs} epochs`,
    config: { config: CONFIG, epochs, classifierEpochs: CLASSIFIER_EPOCHS },
    run: async (context) => {
      const splits = await loadDigits(context);
      const { seed, threads, progress } = context;
      const rng = Rng.fromSeed(seed);
      const draw = rng.fork("weights");
      const { modalities, head } = initGmc(CONFIG, () => draw.uniform());
      const trained = await trainNetwork({
        name: "infonce pairs",
        params: { modalities, head } as HostTree,
        extra: { modalities: initGmcStatistics(CONFIG).modalities } as HostTree,
        batch: digitBatchSpecs(CONFIG),
        feeds: digitFeeds(splits.train, CONFIG, rng.fork("batches")),
        steps: epochs * EPOCH_STEPS,
        rate: () => RATE,
        threads,
        progress,
        loss: (params, batch, extra) => {
          const own = params as unknown as GmcParams<Tensor>;
          const statistics = {
            ...(extra as unknown as GmcStatistics<Tensor>),
            joint: {},
          };
          const next: Record<string, StackStatistics<Tensor>> = {};
          const z = Object.fromEntries(
            NAMES.map((name) => {
              const encoded = encodeModality(CONFIG, own, name, batch[name] as Tensor, {
                mode: "training",
                statistics,
              });
              if (Object.keys(encoded.statistics).length > 0) next[name] = encoded.statistics;
              return [name, project(CONFIG, own.head, encoded.h)];
            }),
          );
          const terms = pairsOf(NAMES).flatMap(([a, b]) => {
            const [first, second] = [z[a], z[b]];
            return first === undefined || second === undefined
              ? []
              : [gmcLoss(first, second, { temperature: CONFIG.temperature })];
          });
          return { loss: tf.addN(terms), extra: { modalities: next } as never };
        },
      });
      const params = trained.params as unknown as GmcParams<HostTensor<"float32">>;
      const statistics = trained.extra as unknown as GmcStatistics<HostTensor<"float32">>;
      const model: GmcModel = { config: CONFIG, params, statistics };
      await using encoder = new GmcEncoder(model, { batch: 125, threads });
      const embed = async (inputs: Readonly<Record<string, HostTensor<"float32">>>) => {
        const all: Record<string, HostTensor<"float32">> = {};
        for (const [name, x] of Object.entries(inputs)) all[name] = await encoder.modality(name, x);
        return { joint: combineEmbeddings(Object.values(all)), modalities: all };
      };
      progress("embedding");
      const known = await embed(splits.train.inputs(allRows(splits.train.count)));
      const classify = await trainClassifier({
        z: known.joint,
        labels: splits.train.labels,
        classes: 10,
        epochs: CLASSIFIER_EPOCHS,
        seed,
        threads,
      });
      const embeddings = await embed(splits.test.inputs(allRows(splits.test.count)));
      return {
        ...digitAccuracies(classify, embeddings, splits),
        ...digitAlignment(embeddings, splits, seed),
      };
    },
  };
}
