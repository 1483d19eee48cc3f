import { Trainer } from "../../../learn/Trainer.ts";
import {
  type ClassifierParams,
  classifyEmbeddings,
  initClassifier,
} from "../../../models/gmc/classifier.ts";
import { crossEntropy } from "../../../models/losses/crossEntropy.ts";
import { argMax } from "../../../tensor/argMax.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { Rng } from "../../../tensor/Rng.ts";
import { float32, int32 } from "../../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../tensor/tf.ts";
import { gatherRows } from "../../Examples.ts";
import { epochBatches } from "./epochBatches.ts";

/** What a classifier of embeddings is trained on. */
export interface ClassifierTask {
  /** [N, s], of the joint. */
  readonly z: HostTensor<"float32">;
  /** [N] */
  readonly labels: Int32Array;
  readonly classes: number;
  readonly epochs: number;
  readonly seed: number;
  readonly threads: number;
}

/** A trained classifier: class of each row. */
export type Classifier = (z: HostTensor<"float32">) => Int32Array;

const BATCH = 64;
const RATE = 1e-3;

/** The paper's downstream classifier, by Adam 1e-3 in batches of 64. */
export async function trainClassifier(task: ClassifierTask): Promise<Classifier> {
  const { z, labels, classes, epochs } = task;
  const [N = 0, size = 0] = z.shape;
  const rng = Rng.fromSeed(task.seed).fork("classifier");
  await using trainer = await Trainer.open({
    name: "gmc classifier",
    params: initClassifier(() => rng.uniform(), size, classes),
    batch: { z: float32([BATCH, size]), y: int32([BATCH]) },
    threads: task.threads,
    loss: (params, { z: rows, y }) => ({
      loss: crossEntropy(
        classifyEmbeddings(params as ClassifierParams<Tensor>, rows),
        tf.oneHot(y, classes, 1, 0, "float32"),
        tf.ones([BATCH]),
      ),
    }),
  });
  const perEpoch = Math.max(1, Math.floor(N / BATCH));
  const next = epochBatches(N, BATCH, rng.fork("batches"));
  for (let step = 0; step < epochs * perEpoch; step++) {
    const rows = next();
    const y = Int32Array.from(rows, (row) => labels[row] ?? 0);
    await trainer.step({ z: gatherRows(z, rows).data, y }, RATE);
  }
  const params = await trainer.readParams();
  return (rows) => classifyHost(params, rows);
}

/** The classifier outside a program: its products are small. */
export function classifyHost(
  params: ClassifierParams<HostTensor<"float32">>,
  z: HostTensor<"float32">,
): Int32Array {
  const [N = 0] = z.shape;
  const layers = Object.values(params);
  let rows = z.data;
  layers.forEach(({ weight, bias }, position) => {
    const [from = 0, to = 0] = weight.shape;
    const out = new Float32Array(N * to);
    for (let i = 0; i < N; i++) {
      const y = out.subarray(i * to, (i + 1) * to);
      y.set(bias.data);
      for (let d = 0; d < from; d++) {
        const value = rows[i * from + d] ?? 0;
        if (value === 0) continue;
        for (let c = 0; c < to; c++) y[c] = (y[c] ?? 0) + value * (weight.data[d * to + c] ?? 0);
      }
    }
    rows = position < layers.length - 1 ? out.map((value) => Math.max(value, 0)) : out;
  });
  const classes = rows.length / Math.max(N, 1);
  return Int32Array.from({ length: N }, (_, i) => {
    const scores = rows.subarray(i * classes, (i + 1) * classes);
    return argMax(scores);
  });
}
