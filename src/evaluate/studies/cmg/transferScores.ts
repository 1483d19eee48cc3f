import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { gatherRows } from "../../Examples.ts";
import { fitLinearProbe, type LinearProbe } from "../../probe/fitLinearProbe.ts";

/** Labelled examples of one part, as every modality shows them. */
export interface HeadPart {
  readonly labels: Int32Array;
  /** Per modality [N, D], in one space. */
  readonly features: Readonly<Record<string, HostTensor<"float32">>>;
}

/** What `transferScores` needs. */
export interface TransferTask {
  readonly classes: number;
  readonly train: HeadPart;
  readonly test: HeadPart;
  readonly threads: number;
}

/** Penalties that a head may have; which is best is asked of the labelled modality's training part. */
const PENALTIES = [3e-3, 3e-2, 3e-1] as const;
/** One in so many training examples is kept back for that. */
const HOLD_OUT = 5;

/**
 * Heads carried across modalities: fitted on one modality's training part, read with each on the test part.
 *
 * The penalty is chosen on held-back training examples of the labelled modality, so neither the test
 * part nor the other modality's labels are ever looked at.
 *
 * @returns `ceiling/A` for each A, and `transfer/A->B` for each ordered pair.
 */
export async function transferScores(task: TransferTask): Promise<Record<string, number>> {
  const { train, test } = task;
  const scores: Record<string, number> = {};
  for (const [labelled, features] of Object.entries(train.features)) {
    const head = await chooseHead(features, task);
    for (const [other, seen] of Object.entries(test.features)) {
      const name = other === labelled ? `ceiling/${labelled}` : `transfer/${labelled}->${other}`;
      scores[name] = head.accuracy(seen, test.labels);
    }
  }
  return scores;
}

async function chooseHead(
  features: HostTensor<"float32">,
  { classes, train: { labels }, threads }: TransferTask,
): Promise<LinearProbe> {
  const rows = Array.from(labels.keys());
  const kept = rows.filter((row) => row % HOLD_OUT !== 0);
  const held = rows.filter((row) => row % HOLD_OUT === 0);
  const pick = (which: readonly number[]) => ({
    features: gatherRows(features, which),
    labels: Int32Array.from(which, (row) => labels[row] ?? 0),
  });
  const [learn, check] = [pick(kept), pick(held)];
  let [best, most] = [PENALTIES[0] as number, -1];
  for (const l2 of PENALTIES) {
    const head = await fitLinearProbe({ ...learn, classes, l2, threads });
    const right = head.accuracy(check.features, check.labels);
    if (right > most) [best, most] = [l2, right];
  }
  return fitLinearProbe({ features, labels, classes, l2: best, threads });
}
