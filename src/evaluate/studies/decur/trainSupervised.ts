import { Trainer } from "../../../learn/Trainer.ts";
import { type DecurConfig, featureSize, inputShape } from "../../../models/decur/config.ts";
import {
  type DecurParams,
  encodeModality,
  initDecur,
  initDecurState,
} from "../../../models/decur/method.ts";
import { initLinear, type LinearParams, linear } from "../../../models/layers/Linear.ts";
import { crossEntropy } from "../../../models/losses/crossEntropy.ts";
import { argMax } from "../../../tensor/argMax.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { adamW } from "../../../tensor/optimizers/adamW.ts";
import { warmupCosine } from "../../../tensor/optimizers/warmupCosine.ts";
import { Rng } from "../../../tensor/Rng.ts";
import { float32, int32, type SpecTree } from "../../../tensor/TensorSpec.ts";
import { type Tensor, type Tensor1D, tf } from "../../../tensor/tf.ts";
import { type Examples, gatherRows } from "../../Examples.ts";
import { subsetName, type TaskModality } from "./DecurTask.ts";
import { drawLabelled } from "./drawLabelled.ts";
import { encodeExamples, sideBySide } from "./encodeExamples.ts";
import { drawOrder, drawViews } from "./pretrain.ts";
import { LABEL_SHARES, labelledRows, pickLabels } from "./probeSubsets.ts";

/** Rows of a batch, and peak learning rate. */
const [BATCH, RATE] = [64, 2e-3];

/** What is learnt from labels. */
export interface SupervisedOptions {
  readonly config: DecurConfig;
  readonly modalities: readonly TaskModality[];
  readonly subsets: readonly (readonly string[])[];
  readonly train: Examples;
  readonly test: Examples;
  /** Steps for all labels; a third of it for fewer, which are soon learnt by heart. */
  readonly steps: number;
  readonly seed: number;
  readonly threads: number;
}

/**
 * The same encoders trained by the labels alone, with the same views: what pretraining has to beat where
 * labels are few. One network a share of labels, with a head for each subset of modalities.
 *
 * @returns `probe/<modalities>@labels<percent>`, from the first draw of labels that the probes have.
 */
export async function trainSupervised(options: SupervisedOptions): Promise<Record<string, number>> {
  const metrics: Record<string, number> = {};
  for (const { percent } of LABEL_SHARES)
    for (const [subset, accuracy] of await trainOn(options, percent))
      metrics[`probe/${subset}@labels${percent}`] = accuracy;
  return metrics;
}

async function trainOn(options: SupervisedOptions, percent: number) {
  const { config, modalities, subsets, train, test, seed, threads } = options;
  const steps = percent === 100 ? options.steps : Math.ceil(options.steps / 3);
  const rng = Rng.fromSeed(seed).fork(`supervised-${percent}`);
  const weights = initDecur(config, rng.fork("weights"));
  const sizes = new Map(modalities.map(({ name, encoder }) => [name, featureSize(encoder)]));
  const heads: Record<string, LinearParams<HostTensor<"float32">>> = Object.fromEntries(
    subsets.map((subset) => [
      subsetName(subset),
      initLinear(
        () => rng.uniform(),
        subset.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0),
        train.classes,
        0.3,
      ),
    ]),
  );
  const views: SpecTree = Object.fromEntries(
    modalities.map(({ name, encoder }) => [name, float32([BATCH, ...inputShape(encoder)])]),
  );
  await using trainer = await Trainer.open({
    name: "decur-supervised",
    params: { encoders: weights.encoders, heads },
    batch: { views, labels: int32([BATCH]) },
    optimizer: adamW({ weightDecay: 1e-2, decays: (_, { rank }) => rank >= 2 }),
    clipNorm: 10,
    threads,
    loss: (params, batch) => {
      const given = batch as unknown as { views: Record<string, Tensor>; labels: Tensor1D };
      const targets = tf.oneHot(given.labels, train.classes, 1, 0, "float32");
      const features = Object.fromEntries(
        modalities.map(({ name }) => [
          name,
          encodeModality(
            config,
            { encoders: params.encoders, projectors: {} } as DecurParams<Tensor>,
            name,
            given.views[name] as Tensor,
          ),
        ]),
      );
      const losses = subsets.map((subset) => {
        const joined = tf.concat(
          subset.map((name) => features[name] as Tensor),
          1,
        );
        const head = params.heads[subsetName(subset)] as LinearParams<Tensor>;
        return crossEntropy(linear(head, joined), targets, tf.ones([BATCH]));
      });
      return { loss: losses.reduce((sum, loss) => tf.add(sum, loss)) };
    },
  });
  const labelled = labelledRows(train, percent, 0, seed);
  const order = drawOrder(labelled.length, rng.fork("order"));
  const rateAt = warmupCosine({
    peak: RATE,
    warmupSteps: Math.ceil(steps / 20),
    totalSteps: steps,
  });
  const chance = rng.fork("views");
  for (let step = 0; step < steps; step++) {
    const rows = Array.from({ length: BATCH }, () => labelled[order()] ?? 0);
    const drawn = drawViews(modalities, train, rows, chance);
    const first = Object.fromEntries(
      Object.entries(drawn).map(([name, { first: view }]) => [name, view]),
    );
    const feeds = { views: first, labels: pickLabels(train.labels, rows) };
    await trainer.step(feeds as never, rateAt(step));
  }
  const learnt = await trainer.readParams();
  const params = { encoders: learnt.encoders, projectors: weights.projectors };
  const state = initDecurState(config, params);
  const encoded = await encodeExamples({ config, params, state, loss: Number.NaN }, test, threads);
  const tested = drawLabelled(test.labels, 1, rng);
  return subsets.map((subset): [string, number] => {
    const features = gatherRows(
      sideBySide(subset.flatMap((name) => encoded[name]?.features ?? [])),
      tested,
    );
    const head = learnt.heads[subsetName(subset)];
    return [
      subsetName(subset),
      head === undefined ? 0 : accuracyOf(head, features, pickLabels(test.labels, tested)),
    ];
  });
}

function accuracyOf(
  { weight, bias }: LinearParams<HostTensor<"float32">>,
  features: HostTensor<"float32">,
  labels: Int32Array,
): number {
  const [inputs = 0, classes = 0] = weight.shape;
  let right = 0;
  for (const [row, label] of labels.entries()) {
    const scores = Float64Array.from(bias.data);
    for (let i = 0; i < inputs; i++) {
      const value = features.data[row * inputs + i] ?? 0;
      for (let c = 0; c < classes; c++)
        scores[c] = (scores[c] ?? 0) + value * (weight.data[i * classes + c] ?? 0);
    }
    if (argMax(scores) === label) right++;
  }
  return right / Math.max(labels.length, 1);
}
