import { ConfigError } from "../../../errors.ts";
import type { ImlConfig } from "../../../models/imlrs/config.ts";
import { openImlPredictor } from "../../../models/imlrs/method.ts";
import type { ImlParams } from "../../../models/imlrs/params.ts";
import { argMax } from "../../../tensor/argMax.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { gatherRows } from "../../Examples.ts";
import type { ImlProtocol, IncompleteExamples, ModalitySubset } from "./protocol.ts";

/** One network and what it is asked. */
export interface ScoreSubsetsOptions {
  readonly config: ImlConfig;
  readonly params: ImlParams<HostTensor<"float32">>;
  readonly examples: IncompleteExamples;
  readonly subsets: readonly ModalitySubset[];
  readonly protocol: Pick<ImlProtocol, "score" | "prepare">;
  readonly threads: number;
}

const BATCH = 256;

/**
 * Accuracy of one network on each subset of modalities: the others are taken out of every row.
 *
 * @returns `accuracy/<subset>` in 0..1; subsets that no row can fill are left out.
 */
export async function scoreSubsets(options: ScoreSubsetsOptions): Promise<Record<string, number>> {
  const { config, params, examples, subsets, threads } = options;
  const { score, prepare } = options.protocol;
  const { labels, present, classes } = examples;
  await using predictor = await openImlPredictor(config, params, { batch: BATCH, threads });
  const has = (name: string, row: number): number => present?.[name]?.[row] ?? 1;
  const labelled = Array.from(labels.keys()).filter((row) => (labels[row] ?? -1) >= 0);
  const scores: Record<string, number> = {};
  for (const { name, modalities, required, perClass } of subsets) {
    const rows = labelled.filter(
      (row) =>
        required.every((modality) => has(modality, row) > 0) &&
        modalities.some((modality) => has(modality, row) > 0),
    );
    if (rows.length === 0) continue;
    const tested = perClass === undefined ? rows : spreadOut(rows, labels, classes, perClass);
    const right = new Float64Array(classes);
    const total = new Float64Array(classes);
    for (let from = 0; from < tested.length; from += BATCH) {
      const part = tested.slice(from, from + BATCH);
      const padded = Array.from({ length: BATCH }, (_, i) => part[i] ?? part[0] ?? 0);
      const gathered = Object.fromEntries(
        Object.entries(examples.inputs).map(([modality, all]) => [
          modality,
          gatherRows(all, padded),
        ]),
      );
      const prepared = prepare?.(gathered) ?? gathered;
      const inputs = Object.fromEntries(
        config.modalities.map(({ name: modality }) => {
          const x = prepared[modality]?.data;
          if (x === undefined)
            throw new ConfigError("scoreSubsets", `expected examples with ${modality}`);
          const shown = modalities.includes(modality);
          const present = Float32Array.from(padded, (row) => (shown ? has(modality, row) : 0));
          return [modality, { x, present }];
        }),
      );
      const logits = await predictor.run(inputs);
      for (const [i, row] of part.entries()) {
        const label = labels[row] ?? 0;
        total[label] = (total[label] ?? 0) + 1;
        if (argMax(logits.subarray(i * classes, (i + 1) * classes)) === label)
          right[label] = (right[label] ?? 0) + 1;
      }
    }
    scores[`accuracy/${name}`] =
      score === "accuracy" ? sumOf(right) / sumOf(total) : balanced(right, total);
  }
  return scores;
}

/** At most `perClass` rows of each class, at equal distances. */
function spreadOut(
  rows: readonly number[],
  labels: Int32Array,
  classes: number,
  perClass: number,
): number[] {
  return Array.from({ length: classes }, (_, label) => {
    const own = rows.filter((row) => labels[row] === label);
    if (own.length <= perClass) return own;
    return Array.from(
      { length: perClass },
      (_, i) => own[Math.floor((i * own.length) / perClass)] ?? 0,
    );
  }).flat();
}

/** Mean over the classes that occur of the share of their rows that are right. */
function balanced(right: Float64Array, total: Float64Array): number {
  const shares = [...total.keys()].flatMap((label) => {
    const all = total[label] ?? 0;
    return all > 0 ? [(right[label] ?? 0) / all] : [];
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
