import { initClassifier } from "../../../../models/gmc/classifier.ts";
import { encodeJoint } from "../../../../models/gmc/network.ts";
import {
  type GmcParams,
  type GmcStatistics,
  initGmc,
  initGmcStatistics,
  type JointParams,
} from "../../../../models/gmc/params.ts";
import { mhdDigitsConfig } from "../../../../models/gmc/presets.ts";
import { type LinearParams, linear } from "../../../../models/layers/Linear.ts";
import { crossEntropy } from "../../../../models/losses/crossEntropy.ts";
import { compile } from "../../../../tensor/compile.ts";
import { defineProgram } from "../../../../tensor/defineProgram.ts";
import { asInt32, type HostTensor, type HostTree, specsOf } from "../../../../tensor/HostTensor.ts";
import { Rng } from "../../../../tensor/Rng.ts";
import { float32, type SpecTree } from "../../../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../../tensor/tf.ts";
import type { Trial, TrialContext } from "../../../Study.ts";
import { accuracyOf, pairsOf } from "../accuracyOf.ts";
import { trainNetwork } from "../trainNetwork.ts";
import { DIGIT_BATCH, digitBatchSpecs, digitFeeds } from "./digitBatches.ts";
import { unseen } from "./digitMetrics.ts";
import { EPOCH_STEPS } from "./gmcTrial.ts";
import { allRows, type DigitSplits, loadDigits } from "./loadDigits.ts";

/** One way of training the joint network with labels. */
export interface JointNetworkOptions {
  readonly variant: string;
  readonly summary: string;
  readonly epochs: number;
  /** In training show every batch all modalities, or each tuple a random subset of them. */
  readonly subsets: "all" | "random";
}

const CONFIG = mhdDigitsConfig();
const NAMES = CONFIG.modalities.map(({ name }) => name);
const RATE = 1e-3;

type JointModel<L> = {
  readonly joint: JointParams<L>;
  readonly head: LinearParams<L>;
};

/** GMC's joint network with a linear classifier, trained with labels; what is missing is fed as zeros. */
export function jointNetworkTrial(options: JointNetworkOptions): Trial {
  const { variant, summary, epochs, subsets } = options;
  return {
    variant,
    summary,
    config: { config: CONFIG, epochs, subsets },
    run: async (context) => {
      const splits = await loadDigits(context);
      const model = await train(options, splits, context);
      return test(model, splits, context);
    },
  };
}

type Trained = {
  readonly params: JointModel<HostTensor<"float32">>;
  readonly statistics: GmcStatistics<HostTensor<"float32">>;
};

async function train(
  { epochs, subsets }: JointNetworkOptions,
  splits: DigitSplits,
  context: TrialContext,
): Promise<Trained> {
  const rng = Rng.fromSeed(context.seed);
  const draw = rng.fork("weights");
  const { joint } = initGmc(CONFIG, () => draw.uniform());
  const head = initClassifier(() => draw.uniform(), CONFIG.width, 10, [])["0"];
  const shown = rng.fork("subsets");
  const feeds = digitFeeds(splits.train, CONFIG, rng.fork("batches"));
  const trained = await trainNetwork({
    name: "joint network",
    params: { joint, head } as HostTree,
    extra: initGmcStatistics(CONFIG) as HostTree,
    batch: {
      ...digitBatchSpecs(CONFIG),
      shown: float32([DIGIT_BATCH, NAMES.length]),
    } as SpecTree,
    feeds: () => ({ ...feeds(), shown: drawSubsets(shown, subsets) }),
    steps: epochs * EPOCH_STEPS,
    rate: () => RATE,
    threads: context.threads,
    progress: context.progress,
    loss: (params, batch, extra) => {
      const tensors = batch as unknown as Record<string, Tensor>;
      const { logits, statistics } = classify(
        params as unknown as JointModel<Tensor>,
        extra as unknown as GmcStatistics<Tensor>,
        tensors,
        "training",
      );
      const y = tf.oneHot(tensors["y"] ?? tf.zeros([0]), 10, 1, 0, "float32");
      return { loss: crossEntropy(logits, y, tf.ones([DIGIT_BATCH])), extra: statistics as never };
    },
  });
  return {
    params: trained.params as unknown as Trained["params"],
    statistics: trained.extra as unknown as Trained["statistics"],
  };
}

/** Logits of tuples whose columns of `shown` are 1; the other inputs are zeros. */
function classify(
  { joint, head }: JointModel<Tensor>,
  statistics: GmcStatistics<Tensor>,
  batch: Record<string, Tensor>,
  mode: "training" | "inference",
) {
  const shown = tf.split(batch["shown"] ?? tf.zeros([0]), NAMES.length, 1);
  const inputs = Object.fromEntries(
    NAMES.map((name, i) => {
      const x = batch[name] ?? tf.zeros([0]);
      const flag = tf.reshape(shown[i] ?? tf.zeros([0]), [-1, ...x.shape.slice(1).map(() => 1)]);
      return [name, tf.mul(x, flag)];
    }),
  );
  const params: GmcParams<Tensor> = { modalities: {}, joint, head: {} };
  const encoded = encodeJoint(CONFIG, params, inputs, { mode, statistics });
  return {
    logits: linear(head, encoded.h),
    statistics: { modalities: statistics.modalities, joint: encoded.statistics },
  };
}

/** [B · M] which modalities each tuple shows: all, or any subset but the empty one. */
function drawSubsets(rng: Rng, subsets: "all" | "random"): Float32Array {
  const shown = new Float32Array(DIGIT_BATCH * NAMES.length).fill(1);
  if (subsets === "random")
    for (let row = 0; row < DIGIT_BATCH; row++) {
      const subset = rng.int(1, 2 ** NAMES.length);
      for (let m = 0; m < NAMES.length; m++) shown[row * NAMES.length + m] = (subset >> m) & 1;
    }
  return shown;
}

const ROWS = 100;

async function test(
  { params, statistics }: Trained,
  { test: tuples, ...rest }: DigitSplits,
  { threads, progress }: TrialContext,
): Promise<Record<string, number>> {
  const model = { params, statistics };
  const program = defineProgram({
    name: "joint network inference",
    inputs: {
      model: specsOf(model as unknown as HostTree) as SpecTree,
      batch: {
        ...Object.fromEntries(
          CONFIG.modalities.map(({ name, shape }) => [name, float32([ROWS, ...shape])]),
        ),
        shown: float32([ROWS, NAMES.length]),
      } as SpecTree,
    },
    body: (tensors) => {
      const { model: own, batch } = tensors as unknown as {
        model: { params: JointModel<Tensor>; statistics: GmcStatistics<Tensor> };
        batch: Record<string, Tensor>;
      };
      const { logits } = classify(own.params, own.statistics, batch, "inference");
      return { predicted: tf.argMax(logits, 1) };
    },
  });
  await using compiled = await compile(program, { threads, constants: { model } as never });
  const predict = async (subset: readonly string[]): Promise<Int32Array> => {
    const out = new Int32Array(tuples.count);
    const shown = Float32Array.from({ length: ROWS * NAMES.length }, (_, i) =>
      subset.includes(NAMES[i % NAMES.length] ?? "") ? 1 : 0,
    );
    for (let from = 0; from < tuples.count; from += ROWS) {
      // The last run repeats its first row to be full.
      const rows = allRows(ROWS).map((row) => (from + row < tuples.count ? from + row : from));
      const inputs = tuples.inputs(rows);
      const { predicted } = await compiled.run({ batch: { ...inputs, shown } } as never);
      const named = asInt32("predicted", predicted);
      out.set(named.subarray(0, Math.min(ROWS, tuples.count - from)), from);
    }
    return out;
  };
  const metrics: Record<string, number> = {};
  const score = async (name: string, subset: readonly string[]): Promise<Int32Array> => {
    progress(`testing ${name}`);
    const predicted = await predict(subset);
    metrics[`accuracy/${name}`] = accuracyOf(predicted, tuples.labels);
    return predicted;
  };
  await score("joint", NAMES);
  for (const name of NAMES) {
    const predicted = await score(name, [name]);
    if (name === "speech")
      metrics["accuracy/speech-unseen"] = unseen(predicted, { test: tuples, ...rest });
  }
  for (const [a, b] of pairsOf(NAMES)) await score(`${a}+${b}`, [a, b]);
  return metrics;
}
