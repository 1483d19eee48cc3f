import { type HostTensor, hostTensor } from "../../../../tensor/HostTensor.ts";
import { type Cca, linearCca } from "../../../baselines/cca.ts";
import { fitPca } from "../../../baselines/pca.ts";
import { fitLinearProbe } from "../../../probe/fitLinearProbe.ts";
import type { Trial } from "../../../Study.ts";
import { allRows, type GmcBench, type InstantInputs, type Instants } from "../GmcTask.ts";
import { accuracyOf } from "../scoreSubsets.ts";

/** How the linear counterpart is fitted. */
export interface CcaOptions {
  /** Instants that the linear maps are fitted to, at most. */
  readonly instants: number;
  /** Principal components that stand for each modality. */
  readonly components: number;
  /** Inputs as rows small enough for a covariance: [N, D] per modality. */
  readonly flatten: (inputs: InstantInputs) => InstantInputs;
}

/** Principal components of one modality, of both splits. */
interface Reduced {
  readonly name: string;
  readonly size: number;
  readonly train: Float32Array;
  readonly test: Float32Array;
}

/** Share of variance added to a covariance, so that few rows do not fit noise. */
const RIDGE = 1e-2;

/**
 * The linear counterpart of the protocol: principal components of each modality, canonical correlation
 * of all of them together with one modality, a linear classifier of the projected whole put before the
 * projected modality. Two modalities are aligned by a correlation of the two alone.
 */
export function ccaTrial(bench: GmcBench, options: CcaOptions): Trial {
  const { instants, components, flatten } = options;
  return {
    variant: "cca",
    summary: "principal components and linear canonical correlation in place of the networks",
    seeded: false,
    config: { instants, components, ridge: RIDGE, inputs: bench.inputs },
    run: async (context) => {
      const task = await bench.load(context);
      const { classes } = bench;
      const fitted = Math.min(instants, task.train.count);
      const labels = { train: task.train.labels.slice(0, fitted), test: task.test.labels };
      const rowsOf = (split: Instants, count: number): InstantInputs =>
        flatten(split.inputs(allRows(count)));
      const train = rowsOf(task.train, fitted);
      const test = rowsOf(task.test, task.test.count);
      const parts: Reduced[] = [];
      for (const [name, rows] of Object.entries(train)) {
        const queries = test[name];
        if (queries === undefined) continue;
        const pca = await fitPca(rows.data, rows.shape[1] ?? 0, components);
        parts.push({
          name,
          size: pca.components,
          train: await pca.project(rows.data),
          test: await pca.project(queries.data),
        });
      }
      const whole = { train: joinColumns(parts, "train"), test: joinColumns(parts, "test") };
      const probe = (features: HostTensor<"float32">) =>
        fitLinearProbe({ features, labels: labels.train, classes, threads: context.threads });

      const all = await probe(whole.train);
      const metrics: Record<string, number> = {
        "accuracy/joint": all.accuracy(whole.test, labels.test),
      };
      for (const { name, size, ...rows } of parts) {
        const cca = await linearCca({
          a: whole.train.data,
          sizeA: whole.train.shape[1] ?? 0,
          b: rows.train,
          sizeB: size,
          components: size,
          ridge: RIDGE,
        });
        const named = await probe(asRows(await cca.projectA(whole.train.data), fitted));
        const predicted = named.predict(asRows(await cca.projectB(rows.test), labels.test.length));
        metrics[`accuracy/${name}`] = accuracyOf(predicted, labels.test);
        Object.assign(metrics, task.further?.(name, predicted));
      }
      return { ...metrics, ...(await alignFirstTwo(parts, labels.test.length, task.align)) };
    },
  };
}

type Align = NonNullable<Awaited<ReturnType<GmcBench["load"]>>["align"]>;

/** Metrics of how the first two modalities lie in the space that is fitted to them. */
async function alignFirstTwo(
  [first, second]: readonly Reduced[],
  count: number,
  align: Align | undefined,
): Promise<Record<string, number>> {
  if (first === undefined || second === undefined || align === undefined) return {};
  const cca: Cca = await linearCca({
    a: first.train,
    sizeA: first.size,
    b: second.train,
    sizeB: second.size,
    components: Math.min(first.size, second.size),
    ridge: RIDGE,
  });
  const a = unitRows(asRows(await cca.projectA(first.test), count));
  const b = unitRows(asRows(await cca.projectB(second.test), count));
  const metrics = align({ joint: a, modalities: { [first.name]: a, [second.name]: b } }, 0);
  // There is no joint space of all: what compares with it says nothing.
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => !name.startsWith("dca/")));
}

/** The components of all modalities side by side. */
function joinColumns(parts: readonly Reduced[], split: "train" | "test"): HostTensor<"float32"> {
  const width = parts.reduce((sum, { size }) => sum + size, 0);
  const N = (parts[0]?.[split].length ?? 0) / (parts[0]?.size ?? 1);
  const data = new Float32Array(N * width);
  let at = 0;
  for (const { size, [split]: rows } of parts) {
    for (let i = 0; i < N; i++) data.set(rows.subarray(i * size, (i + 1) * size), i * width + at);
    at += size;
  }
  return hostTensor(data, [N, width]);
}

function asRows(data: Float32Array, count: number): HostTensor<"float32"> {
  return hostTensor(data, [count, data.length / count]);
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
