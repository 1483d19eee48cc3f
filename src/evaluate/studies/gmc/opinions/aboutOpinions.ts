import type { MetricTable } from "../../../Study.ts";
import { gain, tellGain, tellMetric } from "../tellMetrics.ts";

/** What is asked of the opinions. */
export const aboutOpinions = `Whether an utterance of a video review is positive, from one vector each of its text, its sound and its
picture; the videos of the test split are not in the training split. As in the paper, a head learns the labels on the
joint's embeddings alone, and the contrast carries them over: it is put before the mean of the embeddings of the
modalities that are there. \`no-contrast\` is the same without. \`f1\` is weighted by the true classes. The labels here
are two classes, so the paper's mean absolute error and correlation are not defined. Text and video features of the
training videos were fitted by their authors with the labels: every method overrates them, text most.`;

const MODALITIES = ["text", "audio", "video"] as const;

/** What the figures mean. */
export function opinionsVerdict(metrics: MetricTable): string {
  const each = MODALITIES.map(
    (name) =>
      `${name} ${tellMetric(metrics, `f1/${name}`)}, ${tellGain(gain(metrics, `f1/${name}`, `f1/${name}@no-contrast`))} no contrast`,
  );
  return `F1 of single modalities with GMC's loss: ${each.join("; ")}. All together ${tellMetric(metrics, "f1/joint")},
${tellGain(gain(metrics, "f1/joint", "f1/joint@no-contrast"))} no contrast. The paper's pattern is that the loss costs nothing with
all modalities there and gives most where one is left. Chance is 0.5; sound and picture alone know little of other
videos whatever is done. 322 test utterances: differences under 0.03 are noise.`;
}
