import { ConfigError } from "../../../errors.ts";
import type { Examples } from "../../Examples.ts";
import { dimensionsOf } from "./cutColumns.ts";
import type { Encoded } from "./encodeExamples.ts";
import { determination, fitRidge } from "./fitRidge.ts";
import { privateFactors } from "./privateFactors.ts";

/** What is asked which dimensions carry. */
export interface FactorOptions {
  readonly train: Examples;
  readonly test: Examples;
  readonly encodedTrain: Readonly<Record<string, Encoded>>;
  readonly encodedTest: Readonly<Record<string, Encoded>>;
  /** The two modalities. */
  readonly pair: readonly [string, string];
  /** K_c of the method. */
  readonly common: number;
}

const L2 = 1e-2;

/**
 * Which dimensions carry what the other modality does not tell: R² of linear probes,
 * `factor/own@unique`, `factor/own@common`, `factor/shared@unique`, `factor/shared@common`, means over
 * both modalities, each told from its own embedding.
 */
export function realFactors(options: FactorOptions): Record<string, number> {
  const { train, test, encodedTrain, encodedTest, pair, common } = options;
  const metrics: Record<string, number> = {};
  for (const [name, other] of [pair, [pair[1], pair[0]]] as const) {
    const inputs = (modality: string) => {
      const [a, b] = [train.inputs[modality], test.inputs[modality]];
      if (a === undefined || b === undefined)
        throw new ConfigError("realFactors", `expected the modality ${modality}, got none`);
      return { train: a, test: b };
    };
    const [known, unknown] = [encodedTrain[name], encodedTest[name]];
    if (known === undefined || unknown === undefined) continue;
    const factors = privateFactors(inputs(name), inputs(other));
    const [from, to] = [
      dimensionsOf(known.embeddings, common),
      dimensionsOf(unknown.embeddings, common),
    ];
    for (const factor of ["own", "shared"] as const)
      for (const part of ["common", "unique"] as const) {
        const ridge = fitRidge(from[part], factors[factor].train, L2);
        const score = determination(factors[factor].test, ridge.predict(to[part]));
        const key = `factor/${factor}@${part}`;
        metrics[key] = (metrics[key] ?? 0) + score / 2;
      }
  }
  return metrics;
}
