import { augmentSpectrum } from "../../../models/decur/augment/augmentSpectrum.ts";
import { hostTensor } from "../../../tensor/HostTensor.ts";
import { Rng } from "../../../tensor/Rng.ts";
import type { Examples } from "../../Examples.ts";
import { fitLinearProbe } from "../../probe/fitLinearProbe.ts";
import { dimensionsOf } from "./cutColumns.ts";
import type { TaskModality } from "./DecurTask.ts";
import type { Encoded } from "./encodeExamples.ts";

/** Values of each factor. */
export const FACTOR_VALUES = 6;
/** Numbers in an observation, and how many of them only disturb. */
const [SIZE, NUISANCES] = [32, 4] as const;
const [TRAIN, TEST] = [1500, 600] as const;

/** Examples with the factors they were made of. */
export interface FactorExamples extends Examples {
  /** [count] each in 0 … FACTOR_VALUES − 1; `labels` is `shared`. */
  readonly factors: Readonly<Record<"shared" | "a" | "b", Int32Array>>;
}

/** The modalities of the drawn set. */
export const SYNTHETIC_MODALITIES: readonly TaskModality[] = ["a", "b"].map((name) => ({
  name,
  encoder: { kind: "vector", size: SIZE, widths: [64, 64] },
  augment: (x, rng) =>
    augmentSpectrum(
      x,
      {
        bands: SIZE,
        gain: 0.1,
        rowGain: 0,
        tilt: 0,
        offset: 0,
        noise: 0.3,
        maskBands: 4,
        dropRow: 0,
      },
      rng,
    ),
}));

/**
 * Two modalities of three independent factors: one that both show, and one each of their own.
 *
 *     x_m = tanh( W_m [ onehot(shared) ; onehot(own_m) ; nuisances ] ) + 0.1 noise
 *
 * with W_m fixed by the seed and nuisances drawn anew for every observation.
 */
export function drawSynthetic(seed: number): { train: FactorExamples; test: FactorExamples } {
  const rng = Rng.fromSeed(seed).fork("synthetic");
  const causes = 2 * FACTOR_VALUES + NUISANCES;
  const mixing = { a: rng.normalArray(causes * SIZE), b: rng.normalArray(causes * SIZE) };
  const draw = (count: number): FactorExamples => {
    const values = (): Int32Array =>
      Int32Array.from({ length: count }, () => rng.int(0, FACTOR_VALUES));
    const factors = { shared: values(), a: values(), b: values() };
    const observe = (name: "a" | "b") => {
      const out = new Float32Array(count * SIZE);
      for (let i = 0; i < count; i++) {
        const rows = [factors.shared[i] ?? 0, FACTOR_VALUES + (factors[name][i] ?? 0)];
        const nuisances = rng.normalArray(NUISANCES, 0, 0.5);
        for (let j = 0; j < SIZE; j++) {
          const weight = (cause: number): number => mixing[name][cause * SIZE + j] ?? 0;
          const seen = rows.reduce((sum, row) => sum + weight(row), 0);
          const disturbed = nuisances.reduce(
            (sum, value, k) => sum + value * weight(2 * FACTOR_VALUES + k),
            seen,
          );
          out[i * SIZE + j] = Math.tanh(disturbed) + rng.normal(0, 0.1);
        }
      }
      return hostTensor(out, [count, SIZE]);
    };
    return {
      count,
      classes: FACTOR_VALUES,
      labels: factors.shared,
      factors,
      inputs: { a: observe("a"), b: observe("b") },
    };
  };
  return { train: draw(TRAIN), test: draw(TEST) };
}

/**
 * Which dimensions carry which factor: accuracy of linear probes, `factor/own@unique` and so on as in
 * `realFactors`, and `factor/other@…` for the factor that only the other modality shows; chance is
 * 1/6. Means over both modalities.
 */
export async function syntheticFactors(
  train: FactorExamples,
  test: FactorExamples,
  encodedTrain: Readonly<Record<string, Encoded>>,
  encodedTest: Readonly<Record<string, Encoded>>,
  common: number,
): Promise<Record<string, number>> {
  const metrics: Record<string, number> = {};
  for (const [name, other] of [
    ["a", "b"],
    ["b", "a"],
  ] as const) {
    const [known, unknown] = [encodedTrain[name], encodedTest[name]];
    if (known === undefined || unknown === undefined) continue;
    const [from, to] = [
      dimensionsOf(known.embeddings, common),
      dimensionsOf(unknown.embeddings, common),
    ];
    for (const [factor, key] of [
      ["own", name],
      ["shared", "shared"],
      ["other", other],
    ] as const)
      for (const part of ["common", "unique"] as const) {
        const probe = await fitLinearProbe({
          features: from[part],
          labels: train.factors[key],
          classes: FACTOR_VALUES,
          l2: 1e-2,
          steps: 120,
        });
        const metric = `factor/${factor}@${part}`;
        const accuracy = probe.accuracy(to[part], test.factors[key]);
        metrics[metric] = (metrics[metric] ?? 0) + accuracy / 2;
      }
  }
  return metrics;
}
