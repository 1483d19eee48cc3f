import type { TrainedWeights } from "../../learn/trainLines.ts";
import { fitTemperature } from "../../models/mla/fitTemperature.ts";
import type { RecordedLine } from "./RecordedLine.ts";
import { type ScoreLinesOptions, scoreLines } from "./scoreLines.ts";

/** Belief in a temperature of 1, in rows: what is held out may be of people that the model knows. */
const SHRINKAGE = 100;

/**
 * Fits a temperature of each stream's own answer on held-out rows, so that weighing them by how sure they
 * are compares like with like.
 *
 * The rows should be as mixed as life: fitted on clean rows alone, a stream that is sure of itself when it
 * is right would be as sure in noise (see `docs/mla.md`).
 *
 * Guo et al. 2017, sec. 4.2, arXiv:1706.04599, applied to the fusion of Zhang et al. 2024.
 */
export async function fitFusion(
  weights: TrainedWeights,
  lines: readonly RecordedLine[],
  options: ScoreLinesOptions,
): Promise<TrainedWeights> {
  const { config } = weights;
  const classes = config.classes.length;
  const answers = new Map<string, { readonly rows: Float32Array[]; readonly labels: number[] }>();
  await scoreLines(weights, lines, {
    ...options,
    onRow: ({ streams }, label) => {
      for (const [name, { logProbabilities }] of Object.entries(streams)) {
        const known = answers.get(name) ?? { rows: [], labels: [] };
        answers.set(name, known);
        known.rows.push(logProbabilities);
        known.labels.push(label);
      }
    },
  });
  const temperatures = Object.fromEntries(
    [...answers].map(([name, { rows, labels }]) => {
      const logits = new Float32Array(rows.length * classes);
      for (const [at, row] of rows.entries()) logits.set(row, at * classes);
      const set = { logits, labels: Int32Array.from(labels), classes };
      return [name, fitTemperature(set, { shrinkage: SHRINKAGE })];
    }),
  );
  return { ...weights, config: { ...config, fusion: { ...config.fusion, temperatures } } };
}
