import { type HostTensor, hostTensor } from "../../../tensor/HostTensor.ts";
import { linearCca } from "../../baselines/cca.ts";
import { fitPca } from "../../baselines/pca.ts";
import { fitLinearProbe } from "../../probe/fitLinearProbe.ts";
import { accuracyOf } from "./accuracyOf.ts";

/** Inputs of one split as flat rows, with their labels. */
export interface FlatSplit {
  /** [N, D] per modality. */
  readonly inputs: Readonly<Record<string, HostTensor<"float32">>>;
  readonly labels: Int32Array;
}

/** What the protocol is run on. */
export interface CcaProtocol {
  readonly train: FlatSplit;
  readonly test: FlatSplit;
  readonly classes: number;
  /** Principal components that stand for each modality. */
  readonly components: number;
  readonly threads: number;
}

/** What it gives. */
export interface CcaResult {
  readonly metrics: Record<string, number>;
  /** Per modality the class named for each test row. */
  readonly predicted: Readonly<Record<string, Int32Array>>;
  /** Two modalities of the test split in the space fitted to the two. */
  readonly between: (a: string, b: string) => readonly HostTensor<"float32">[];
}

/** Share of variance added to a covariance, so that few rows do not fit noise. */
const RIDGE = 1e-2;

/**
 * The linear counterpart of the protocol: principal components of each modality, canonical correlation
 * of all of them together with one modality, a linear classifier of the projected whole put before the
 * projected modality.
 */
export async function runCca(task: CcaProtocol): Promise<CcaResult> {
  const { train, test, components, classes, threads } = task;
  const names = Object.keys(train.inputs);
  const reduced = names.map((name) => {
    const [rows, queries] = [train.inputs[name], test.inputs[name]];
    const size = rows?.shape[1] ?? 0;
    const pca = fitPca(rows?.data ?? new Float32Array(), size, components);
    return {
      name,
      size: pca.components,
      train: pca.project(rows?.data ?? new Float32Array()),
      test: pca.project(queries?.data ?? new Float32Array()),
    };
  });
  const side = (split: "train" | "test"): Float32Array => {
    const N = task[split].labels.length;
    const width = reduced.reduce((sum, { size }) => sum + size, 0);
    const whole = new Float32Array(N * width);
    let at = 0;
    for (const { size, [split]: rows } of reduced) {
      for (let i = 0; i < N; i++)
        whole.set(rows.subarray(i * size, (i + 1) * size), i * width + at);
      at += size;
    }
    return whole;
  };
  const whole = { train: side("train"), test: side("test") };
  const width = whole.train.length / train.labels.length;
  const asRows = (data: Float32Array, N: number) => hostTensor(data, [N, data.length / N]);

  const metrics: Record<string, number> = {};
  const predicted: Record<string, Int32Array> = {};
  for (const { name, size, ...rows } of reduced) {
    const cca = linearCca({
      a: whole.train,
      sizeA: width,
      b: rows.train,
      sizeB: size,
      components: size,
      ridge: RIDGE,
    });
    const probe = await fitLinearProbe({
      features: asRows(cca.projectA(whole.train), train.labels.length),
      labels: train.labels,
      classes,
      threads,
    });
    predicted[name] = probe.predict(asRows(cca.projectB(rows.test), test.labels.length));
    metrics[`accuracy/${name}`] = accuracyOf(predicted[name], test.labels);
  }
  const probe = await fitLinearProbe({
    features: asRows(whole.train, train.labels.length),
    labels: train.labels,
    classes,
    threads,
  });
  metrics["accuracy/joint"] = probe.accuracy(asRows(whole.test, test.labels.length), test.labels);
  return {
    metrics,
    predicted,
    between: (a, b) => {
      const [first, second] = [a, b].map((name) => reduced.find((each) => each.name === name));
      if (first === undefined || second === undefined) return [];
      const cca = linearCca({
        a: first.train,
        sizeA: first.size,
        b: second.train,
        sizeB: second.size,
        components: Math.min(first.size, second.size),
        ridge: RIDGE,
      });
      const N = test.labels.length;
      return [asRows(cca.projectA(first.test), N), asRows(cca.projectB(second.test), N)].map(
        unitRows,
      );
    },
  };
}

function unitRows({ data, shape }: HostTensor<"float32">): HostTensor<"float32"> {
  const [N = 0, size = 0] = shape;
  const out = new Float32Array(data.length);
  for (let i = 0; i < N; i++) {
    const row = data.subarray(i * size, (i + 1) * size);
    const norm = Math.max(Math.hypot(...row), 1e-12);
    for (let k = 0; k < size; k++) out[i * size + k] = (row[k] ?? 0) / norm;
  }
  return hostTensor(out, shape);
}
