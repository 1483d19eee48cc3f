import { ConfigError, ShapeError } from "../../errors.ts";
import { Trainer } from "../../learn/Trainer.ts";
import { argMax } from "../../tensor/argMax.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { adam } from "../../tensor/optimizers/adamW.ts";
import { float32, int32 } from "../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";

/** What a probe is fitted to. */
export interface ProbeTask {
  /** [N, D]; more axes are taken as flat. */
  readonly features: HostTensor<"float32">;
  /** [N] in 0..classes−1. */
  readonly labels: Int32Array;
  readonly classes: number;
  /** Weight of ½‖W‖² in the mean loss; 1e-3 unless given. */
  readonly l2?: number;
  /** Steps over all rows; 300 unless given. */
  readonly steps?: number;
  readonly threads?: number;
}

/** A linear classifier of standardised features. */
export interface LinearProbe {
  /** [N · classes] unnormalised log-probabilities. @throws {ShapeError} If D differs. */
  scores(features: HostTensor<"float32">): Float32Array;
  /** [N] the likeliest class of each row. @throws {ShapeError} If D differs. */
  predict(features: HostTensor<"float32">): Int32Array;
  /** Share of rows named right. @throws {ShapeError} If D or N differs. */
  accuracy(features: HostTensor<"float32">, labels: Int32Array): number;
}

/** Peak of the cosine that the learning rate falls along. */
const RATE = 0.05;

/**
 * Multinomial logistic regression: what a linear map can tell of the features.
 *
 *     min_W,b  mean_i −log softmax(W x̂_i + b)_{y_i} + l2/2 ‖W‖²,   x̂ = (x − mean) / deviation
 *
 * Mean and deviation are those of the rows it is fitted to. Convex, started at 0, all rows at once:
 * nothing is drawn.
 *
 * @throws {ConfigError} If there is no row or a label is out of range.
 */
export async function fitLinearProbe(task: ProbeTask): Promise<LinearProbe> {
  const { features, labels, classes, l2 = 1e-3, steps = 300, threads = 1 } = task;
  const [N, D] = flatShape(features);
  if (N === 0 || labels.length !== N || labels.some((label) => !(label >= 0 && label < classes)))
    throw new ConfigError(
      "fitLinearProbe",
      `expected ${N} labels in 0..${classes - 1}, got ${labels.length}`,
    );
  const scaling = scalingOf(features.data, N, D);
  await using trainer = await Trainer.open({
    name: "linear-probe",
    params: {
      weight: hostTensor(new Float32Array(D * classes), [D, classes]),
      bias: hostTensor(new Float32Array(classes), [classes]),
    },
    extra: { x: hostTensor(standardised(features.data, D, scaling), [N, D]) }, // stays with the runtime
    batch: { y: int32([N]), l2: float32([]) },
    optimizer: adam(),
    threads,
    loss: ({ weight, bias }, { y, l2: decay }, { x }) => {
      const logProbabilities = tf.logSoftmax(tf.add(tf.matMul(x, weight), bias) as Tensor);
      const hit = tf.sum(tf.mul(logProbabilities, tf.oneHot(y, classes, 1, 0, "float32")), 1);
      const penalty = tf.mul(tf.mul(decay, 0.5), tf.sum(tf.square(weight)));
      return { loss: tf.add(tf.neg(tf.mean(hit)), penalty) };
    },
  });
  for (let step = 0; step < steps; step++)
    await trainer.step({ y: labels, l2 }, (RATE * (1 + Math.cos((Math.PI * step) / steps))) / 2);
  const { weight, bias } = await trainer.readParams();
  return probeOf(weight.data, bias.data, scaling, D, classes);
}

interface Scaling {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

function probeOf(
  weight: Float32Array,
  bias: Float32Array,
  scaling: Scaling,
  D: number,
  classes: number,
): LinearProbe {
  const scores = (features: HostTensor<"float32">): Float32Array => {
    const [N, width] = flatShape(features);
    if (width !== D)
      throw new ShapeError("LinearProbe", `expected [N, ${D}], got [${features.shape}]`);
    const x = standardised(features.data, D, scaling);
    const out = new Float32Array(N * classes);
    for (let i = 0; i < N; i++) {
      const row = out.subarray(i * classes, (i + 1) * classes);
      row.set(bias);
      for (let d = 0; d < D; d++) {
        const value = x[i * D + d] ?? 0;
        if (value === 0) continue;
        for (let c = 0; c < classes; c++)
          row[c] = (row[c] ?? 0) + value * (weight[d * classes + c] ?? 0);
      }
    }
    return out;
  };
  const predict = (features: HostTensor<"float32">): Int32Array => {
    const all = scores(features);
    return Int32Array.from({ length: all.length / classes }, (_, i) => {
      const row = all.subarray(i * classes, (i + 1) * classes);
      return argMax(row);
    });
  };
  return {
    scores,
    predict,
    accuracy(features, labels) {
      const named = predict(features);
      if (named.length !== labels.length)
        throw new ShapeError(
          "LinearProbe",
          `expected ${named.length} labels, got ${labels.length}`,
        );
      return named.filter((label, i) => label === labels[i]).length / Math.max(labels.length, 1);
    },
  };
}

function flatShape({ shape }: HostTensor<"float32">): readonly [rows: number, width: number] {
  const [N = 0, ...rest] = shape;
  return [N, rest.reduce((product, size) => product * size, 1)];
}

function scalingOf(data: Float32Array, N: number, D: number): Scaling {
  const mean = new Float64Array(D);
  const deviation = new Float64Array(D);
  for (let i = 0; i < data.length; i++) mean[i % D] = (mean[i % D] ?? 0) + (data[i] ?? 0) / N;
  for (let i = 0; i < data.length; i++)
    deviation[i % D] = (deviation[i % D] ?? 0) + ((data[i] ?? 0) - (mean[i % D] ?? 0)) ** 2 / N;
  for (let d = 0; d < D; d++) deviation[d] = Math.sqrt(deviation[d] ?? 0);
  return { mean, deviation };
}

/** A feature that never varies says nothing, so it becomes 0. */
function standardised(data: Float32Array, D: number, { mean, deviation }: Scaling): Float32Array {
  return Float32Array.from(data, (value, i) => {
    const spread = deviation[i % D] ?? 0;
    return spread < 1e-8 ? 0 : (value - (mean[i % D] ?? 0)) / spread;
  });
}
