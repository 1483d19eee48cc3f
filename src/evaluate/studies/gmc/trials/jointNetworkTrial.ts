import { initClassifier } from "../../../../models/gmc/classifier.ts";
import { encodeJoint } from "../../../../models/gmc/network.ts";
import {
  type GmcParams,
  type GmcStatistics,
  initGmc,
  initGmcStatistics,
  type JointParams,
} from "../../../../models/gmc/params.ts";
import { type LinearParams, linear } from "../../../../models/layers/Linear.ts";
import { crossEntropy } from "../../../../models/losses/crossEntropy.ts";
import { compile } from "../../../../tensor/compile.ts";
import { defineProgram } from "../../../../tensor/defineProgram.ts";
import { asInt32, type HostTensor, type HostTree, specsOf } from "../../../../tensor/HostTensor.ts";
import { Rng } from "../../../../tensor/Rng.ts";
import { float32, type SpecTree } from "../../../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../../tensor/tf.ts";
import type { Trial, TrialContext } from "../../../Study.ts";
import {
  allRows,
  type BatchTensors,
  batchFeeds,
  batchSpecs,
  cosineRate,
  epochSteps,
  type GmcBench,
  type GmcTask,
  viewBatch,
} from "../GmcTask.ts";
import { type SubsetPredictor, scoreSubsets } from "../scoreSubsets.ts";
import { trainNetwork } from "../trainNetwork.ts";

/** One way of training the joint network with labels. */
export interface JointNetworkOptions {
  readonly variant: string;
  readonly summary: string;
  readonly epochs: number;
  /** In training show every instant all modalities, or a random subset of them. */
  readonly subsets: "all" | "random";
  readonly schedule?: "constant" | "cosine";
  readonly seeded?: boolean;
}

/** Weights of the joint network alone. */
type JointModel<L> = { readonly joint: JointParams<L>; readonly head: LinearParams<L> };

/** A trained joint network. */
type Trained = {
  readonly params: JointModel<HostTensor<"float32">>;
  readonly statistics: GmcStatistics<HostTensor<"float32">>;
};

/** [B, M] 1 where a modality is shown, beside a batch. */
type ShownBatch = BatchTensors & { readonly shown: Tensor };

/** GMC's joint network with a linear classifier, trained with labels; what is missing is fed as zeros. */
export function jointNetworkTrial(bench: GmcBench, options: JointNetworkOptions): Trial {
  const { variant, summary, epochs, subsets, schedule = "constant", seeded } = options;
  const { config, batch, rate } = bench;
  return {
    variant,
    summary,
    ...(seeded !== undefined && { seeded }),
    config: { config, inputs: bench.inputs, batch, rate, epochs, subsets, schedule },
    run: async (context) => {
      const task = await bench.load(context);
      const model = await train(bench, options, task, context);
      return test(bench, model, task, context);
    },
  };
}

async function train(
  bench: GmcBench,
  { epochs, subsets, schedule = "constant" }: JointNetworkOptions,
  task: GmcTask,
  { seed, threads, progress }: TrialContext,
): Promise<Trained> {
  const { config, classes, batch, rate } = bench;
  const M = config.modalities.length;
  const rng = Rng.fromSeed(seed);
  const draw = rng.fork("weights");
  const { joint } = initGmc(config, () => draw.uniform());
  const head = initClassifier(() => draw.uniform(), config.width, classes, [])["0"];
  const shown = rng.fork("subsets");
  const feeds = batchFeeds(bench, task.train, rng.fork("batches"));
  const steps = epochs * epochSteps(bench, task.train);
  const trained = await trainNetwork({
    name: "joint network",
    params: { joint, head } as HostTree,
    extra: { joint: initGmcStatistics(config).joint } as HostTree,
    batch: { ...batchSpecs(bench), shown: float32([batch, M]) } as SpecTree,
    feeds: () => ({
      ...feeds(),
      shown: subsets === "all" ? new Float32Array(batch * M).fill(1) : drawSubsets(shown, batch, M),
    }),
    steps,
    rate: schedule === "constant" ? () => rate : cosineRate(rate, steps),
    threads,
    progress,
    loss: (params, tensors, extra) => {
      const view = viewBatch(tensors) as ShownBatch;
      const { logits, statistics } = classify(
        bench,
        params as unknown as JointModel<Tensor>,
        extra as unknown as GmcStatistics<Tensor>,
        view,
        "training",
      );
      const y = tf.oneHot(view.y as never, classes, 1, 0, "float32");
      return {
        loss: crossEntropy(logits, y, tf.ones([batch])),
        extra: { joint: statistics } as never,
      };
    },
  });
  return {
    params: trained.params as unknown as Trained["params"],
    statistics: trained.extra as unknown as Trained["statistics"],
  };
}

/** Logits of instants whose columns of `shown` are 1; the other inputs are zeros. */
function classify(
  { config }: GmcBench,
  { joint, head }: JointModel<Tensor>,
  running: GmcStatistics<Tensor>,
  { inputs, shown, masks }: ShownBatch,
  mode: "training" | "inference",
) {
  const flags = tf.split(shown, config.modalities.length, 1);
  const seen = Object.fromEntries(
    config.modalities.map(({ name, shape }, i) => {
      const flag = tf.reshape(flags[i] ?? shown, [-1, ...shape.map(() => 1)]);
      return [name, tf.mul(inputs[name] ?? flag, flag)];
    }),
  );
  const params: GmcParams<Tensor> = { modalities: {}, joint, head: {} };
  const encoded = encodeJoint(config, params, seen, {
    mode,
    statistics: { modalities: {}, joint: running.joint ?? {} },
    ...(masks !== undefined && mode === "training" && { mask: masks.joint }),
  });
  return { logits: linear(head, encoded.h), statistics: encoded.statistics };
}

/** [B · M] which modalities each instant shows: any subset but the empty one. */
function drawSubsets(rng: Rng, batch: number, M: number): Float32Array {
  const shown = new Float32Array(batch * M);
  for (let row = 0; row < batch; row++) {
    const subset = rng.int(1, 2 ** M);
    for (let m = 0; m < M; m++) shown[row * M + m] = (subset >> m) & 1;
  }
  return shown;
}

const ROWS = 100;

async function test(
  bench: GmcBench,
  { params, statistics }: Trained,
  task: GmcTask,
  { threads }: TrialContext,
): Promise<Record<string, number>> {
  const names = bench.config.modalities.map(({ name }) => name);
  const model = { params, ...(statistics.joint !== undefined && { statistics }) };
  const program = defineProgram({
    name: "joint network inference",
    inputs: {
      model: specsOf(model as unknown as HostTree) as SpecTree,
      inputs: Object.fromEntries(
        bench.config.modalities.map(({ name, shape }) => [name, float32([ROWS, ...shape])]),
      ) as SpecTree,
      shown: float32([ROWS, names.length]),
    },
    body: (tensors) => {
      const own = tensors as unknown as ShownBatch & {
        model: { params: JointModel<Tensor>; statistics?: GmcStatistics<Tensor> };
      };
      const running = own.model.statistics ?? { modalities: {}, joint: {} };
      const { logits } = classify(bench, own.model.params, running, own, "inference");
      return { predicted: tf.argMax(logits, 1) };
    },
  });
  await using compiled = await compile(program, { threads, constants: { model } as never });
  const { count, inputs } = task.test;
  const predict: SubsetPredictor = async (subset) => {
    const out = new Int32Array(count);
    const shown = Float32Array.from({ length: ROWS * names.length }, (_, i) =>
      subset.includes(names[i % names.length] ?? "") ? 1 : 0,
    );
    for (let from = 0; from < count; from += ROWS) {
      // The last run repeats its first row to be full.
      const rows = allRows(ROWS).map((row) => (from + row < count ? from + row : from));
      const { predicted } = await compiled.run({ inputs: inputs(rows), shown } as never);
      const named = asInt32("predicted", predicted);
      out.set(named.subarray(0, Math.min(ROWS, count - from)), from);
    }
    return out;
  };
  // Awaited here: the program must not be closed before the last prediction.
  return await scoreSubsets(names, task, predict);
}
