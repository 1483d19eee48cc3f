import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { Rng } from "../../../tensor/Rng.ts";
import { type Examples, gatherRows } from "../../Examples.ts";
import { fitLinearProbe } from "../../probe/fitLinearProbe.ts";
import { subsetName } from "./DecurTask.ts";
import { drawLabelled } from "./drawLabelled.ts";
import { type Encoded, sideBySide } from "./encodeExamples.ts";

/** Shares of the labels that a probe may see, in percent, and how many draws of them are averaged. */
export const LABEL_SHARES = [
  { percent: 1, draws: 5 },
  { percent: 10, draws: 3 },
  { percent: 100, draws: 1 },
] as const;

/** Weight decay of the probe: few labels need more than its default. */
export const PROBE_L2 = 1e-2;

/** What is probed. */
export interface ProbeSubsetsOptions {
  readonly train: Examples;
  readonly test: Examples;
  readonly encodedTrain: Readonly<Record<string, Encoded>>;
  readonly encodedTest: Readonly<Record<string, Encoded>>;
  readonly subsets: readonly (readonly string[])[];
  readonly seed: number;
  readonly threads: number;
}

/**
 * Accuracy of linear probes on frozen features: `probe/<modalities>@labels<percent>`.
 *
 * The labelled rows depend on the seed alone, so that variants of one seed are compared on the same.
 */
export async function probeSubsets(options: ProbeSubsetsOptions): Promise<Record<string, number>> {
  const { train, test, encodedTrain, encodedTest, subsets, seed, threads } = options;
  const tested = drawLabelled(test.labels, 1, Rng.fromSeed(seed));
  const metrics: Record<string, number> = {};
  for (const subset of subsets) {
    const features = (encoded: Readonly<Record<string, Encoded>>): HostTensor<"float32"> =>
      sideBySide(subset.flatMap((name) => encoded[name]?.features ?? []));
    const [known, unknown] = [features(encodedTrain), gatherRows(features(encodedTest), tested)];
    for (const { percent, draws } of LABEL_SHARES) {
      let sum = 0;
      for (let draw = 0; draw < draws; draw++) {
        const rows = labelledRows(train, percent, draw, seed);
        const probe = await fitLinearProbe({
          features: gatherRows(known, rows),
          labels: pickLabels(train.labels, rows),
          classes: train.classes,
          l2: PROBE_L2,
          steps: percent === 100 ? 200 : 150,
          threads,
        });
        sum += probe.accuracy(unknown, pickLabels(test.labels, tested));
      }
      metrics[`probe/${subsetName(subset)}@labels${percent}`] = sum / draws;
    }
  }
  return metrics;
}

/** The rows with labels of one draw. */
export function labelledRows(
  train: Examples,
  percent: number,
  draw: number,
  seed: number,
): number[] {
  return drawLabelled(
    train.labels,
    percent / 100,
    Rng.fromSeed(seed).fork(`labels-${percent}-${draw}`),
  );
}

/** Labels of some rows. */
export function pickLabels(labels: Int32Array, rows: readonly number[]): Int32Array {
  return Int32Array.from(rows, (row) => labels[row] ?? -1);
}
