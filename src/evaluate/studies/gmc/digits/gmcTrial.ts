import type { GmcConfig } from "../../../../models/gmc/config.ts";
import { GmcEncoder, type GmcModel } from "../../../../models/gmc/GmcEncoder.ts";
import type { GmcForm } from "../../../../models/gmc/loss.ts";
import { mhdDigitsConfig } from "../../../../models/gmc/presets.ts";
import type { Tensor } from "../../../../tensor/tf.ts";
import type { Trial, TrialContext } from "../../../Study.ts";
import { trainClassifier } from "../trainClassifier.ts";
import { trainGmc } from "../trainGmc.ts";
import { digitBatchSpecs, digitFeeds } from "./digitBatches.ts";
import { type DigitEmbeddings, digitAccuracies, digitAlignment } from "./digitMetrics.ts";
import { allRows, type DigitSplits, loadDigits } from "./loadDigits.ts";

/** One way of training GMC on the digits. */
export interface DigitsGmcOptions {
  readonly variant: string;
  readonly summary: string;
  readonly epochs: number;
  readonly form?: GmcForm;
  /** Which modalities; all unless given. */
  readonly modalities?: readonly string[];
  readonly normalization?: "batch" | "stream";
  /** Learning rate: 1e-3 throughout, as published, or falling to 0 along a cosine. */
  readonly schedule?: "constant" | "cosine";
  readonly seeded?: boolean;
}

/** Steps of 64 in one epoch of 20000 tuples. */
export const EPOCH_STEPS = 313;
/** Epochs of the downstream classifier. */
export const CLASSIFIER_EPOCHS = 20;
const RATE = 1e-3;

/** GMC as published: contrast alone, then a classifier of the joint's embeddings put before all others. */
export function gmcDigitsTrial(options: DigitsGmcOptions): Trial {
  const { variant, summary, epochs, form = "code", schedule = "constant", seeded } = options;
  const whole = mhdDigitsConfig({ normalization: options.normalization ?? "batch" });
  const config: GmcConfig = {
    ...whole,
    modalities: whole.modalities.filter(({ name }) => options.modalities?.includes(name) !== false),
  };
  const steps = epochs * EPOCH_STEPS;
  return {
    variant,
    summary,
    ...(seeded !== undefined && { seeded }),
    config: { config, form, epochs, schedule, classifierEpochs: CLASSIFIER_EPOCHS },
    run: async (context) => {
      const splits = await loadDigits(context);
      const { model } = await trainGmc({
        config,
        options: { form },
        batch: digitBatchSpecs(config),
        feeds: (rng) => digitFeeds(splits.train, config, rng),
        view: ({ y: _, ...inputs }) => ({ inputs: inputs as Record<string, Tensor> }),
        steps,
        rate: (step) =>
          schedule === "constant" ? RATE : (RATE * (1 + Math.cos((Math.PI * step) / steps))) / 2,
        seed: context.seed,
        threads: context.threads,
        progress: context.progress,
      });
      return measureDigits(model, splits, context);
    },
  };
}

/** Rows per run of the encoders. */
const ROWS = 125;

/** The downstream protocol on a trained model. */
export async function measureDigits(
  model: GmcModel,
  splits: DigitSplits,
  context: TrialContext,
): Promise<Record<string, number>> {
  const { train, test } = splits;
  await using encoder = new GmcEncoder(model, { batch: ROWS, threads: context.threads });
  context.progress("embedding");
  const z = await encoder.joint(only(model, train.inputs(allRows(train.count))));
  const embeddings = await embedTuples(encoder, model, splits);
  context.progress("classifier");
  const classify = await trainClassifier({
    z,
    labels: train.labels,
    classes: 10,
    epochs: CLASSIFIER_EPOCHS,
    seed: context.seed,
    threads: context.threads,
  });
  const accuracies = digitAccuracies(classify, embeddings, { ...splits, test });
  context.progress("alignment");
  return { ...accuracies, ...digitAlignment(embeddings, splits, context.seed) };
}

/** Embeddings of all test tuples. */
async function embedTuples(
  encoder: GmcEncoder,
  model: GmcModel,
  { test }: DigitSplits,
): Promise<DigitEmbeddings> {
  const inputs = only(model, test.inputs(allRows(test.count)));
  const modalities: Record<string, DigitEmbeddings["joint"]> = {};
  for (const [name, x] of Object.entries(inputs))
    modalities[name] = await encoder.modality(name, x);
  return { joint: await encoder.joint(inputs), modalities };
}

/** The inputs that a model knows. */
function only<T>({ config }: GmcModel, inputs: Readonly<Record<string, T>>): Record<string, T> {
  const known = new Set(config.modalities.map(({ name }) => name));
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => known.has(name)));
}
