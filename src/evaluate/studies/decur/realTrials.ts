import { Matrix } from "ml-matrix";

import type { DecurConfig } from "../../../models/decur/config.ts";
import type { Trial } from "../../Study.ts";
import { configOf, type DecurTask, subsetName, type TaskExamples } from "./DecurTask.ts";
import { type Encoded, encodeExamples, sideBySide } from "./encodeExamples.ts";
import { determination, fitRidge } from "./fitRidge.ts";
import { pretrain } from "./pretrain.ts";
import { LABEL_SHARES, PROBE_L2, probeSubsets } from "./probeSubsets.ts";
import { realFactors } from "./realFactors.ts";
import { taskOf } from "./tasks.ts";
import { trainSupervised } from "./trainSupervised.ts";
import { changed, VARIANTS, type Variant } from "./variants.ts";

/** Sets of a pair of vectors, whose embeddings are also asked for what only one modality tells. */
const FACTOR_SETS = ["houston2013_pixels", "rs_fuel_moisture"];
/** Weight of the ridge that predicts moisture. */
const RIDGE = 0.1;

/** Pretraining and probes on a set, for every variant that makes sense on it. */
export function realTrials(set: string): readonly Trial[] {
  const task = taskOf(set);
  const kind = JSON.stringify(configOf(task)).includes('"attention"')
    ? "attention"
    : "no-attention";
  const pretrained = VARIANTS.filter(({ where = kind }) => where === kind).map((variant) =>
    pretrainedTrial(set, task, variant, !["everywhere", kind].includes(variant.isAside ?? "")),
  );
  return [...pretrained, supervisedTrial(task)];
}

function pretrainedTrial(set: string, task: DecurTask, variant: Variant, seeded: boolean): Trial {
  const config = changed(variant, configOf(task));
  const schedule = variant.isUntrained === true ? { ...task.schedule, steps: 0 } : task.schedule;
  return {
    variant: variant.variant,
    summary: variant.summary,
    seeded,
    config: {
      config,
      schedule,
      objective: variant.objective === undefined ? "decur" : variant.variant,
      probes: { shares: LABEL_SHARES, l2: PROBE_L2 },
    },
    run: async ({ data, split, seed, threads, progress }) => {
      const { train, test } = await task.read(data, split);
      const model = await pretrain({
        config,
        modalities: task.modalities,
        schedule,
        train,
        seed,
        threads,
        ...(variant.objective !== undefined && { objective: variant.objective }),
        progress,
      });
      progress("probing");
      const encoded = {
        encodedTrain: await encodeExamples(model, train, threads),
        encodedTest: await encodeExamples(model, test, threads),
      };
      const { subsets, common } = task;
      const probes = await probeSubsets({ train, test, ...encoded, subsets, seed, threads });
      const [a, b] = task.modalities.map(({ name }) => name);
      const told = { ...probes, ...moisture(task, train, test, encoded) };
      if (!FACTOR_SETS.includes(set) || a === undefined || b === undefined) return told;
      return { ...told, ...realFactors({ train, test, ...encoded, pair: [a, b], common }) };
    },
  };
}

function supervisedTrial(task: DecurTask): Trial {
  const config: DecurConfig = configOf(task);
  return {
    variant: "supervised",
    summary: "the same encoders trained by the labels alone",
    config: { config, schedule: task.schedule },
    run: async ({ data, split, seed, threads }) => {
      const { train, test } = await task.read(data, split);
      const { modalities, subsets, schedule } = task;
      const { steps } = schedule;
      return trainSupervised({ config, modalities, subsets, train, test, steps, seed, threads });
    },
  };
}

/** `r2/<modalities>` where the set has a number to predict. */
function moisture(
  { subsets }: DecurTask,
  train: TaskExamples,
  test: TaskExamples,
  encoded: {
    readonly encodedTrain: Readonly<Record<string, Encoded>>;
    readonly encodedTest: Readonly<Record<string, Encoded>>;
  },
): Record<string, number> {
  if (train.moisture === undefined || test.moisture === undefined) return {};
  const [known, unknown] = [train.moisture, test.moisture].map((values) =>
    Matrix.columnVector(values),
  ) as [Matrix, Matrix];
  return Object.fromEntries(
    subsets.map((subset) => {
      const features = (of: Readonly<Record<string, Encoded>>) =>
        sideBySide(subset.flatMap((name) => of[name]?.features ?? []));
      const ridge = fitRidge(features(encoded.encodedTrain), known, RIDGE);
      const predicted = ridge.predict(features(encoded.encodedTest));
      return [`r2/${subsetName(subset)}`, determination(unknown, predicted)];
    }),
  );
}
