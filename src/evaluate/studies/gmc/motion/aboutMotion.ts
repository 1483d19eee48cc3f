import type { MetricTable } from "../../../Study.ts";
import { gain, tellGain, tellMetric } from "../tellMetrics.ts";

/** What is asked of the motion clips. */
export const aboutMotion = `27 actions by a wrist or thigh inertial sensor, a skeleton and a depth film recorded together; the people of
the test split are not in the training split. 431 clips are few for a contrast alone, so the method has one head
of labels on the embeddings of the joint and of every modality beside it; \`unsupervised\` is the published
protocol. Encoders are short convolutions along time; clips are cropped in time, scaled, turned and shifted anew
each epoch, depth in a few variations. \`accuracy/joint\` is the joint encoder's, \`accuracy/mean\` the mean of all
three embeddings, the others the mean of those named. In \`missing-skip\` and \`missing-teacher\` modalities are missing
from training clips, labels are learned on the joint of complete ones alone, and the test is the same.
\`dca/<modality>\` as for the digits, on half of the clips.`;

const MODALITIES = ["inertial", "skeleton", "depth"] as const;

/** What the figures mean. */
export function motionVerdict(metrics: MetricTable): string {
  const row = (variant: string): string =>
    [...MODALITIES, "joint"]
      .map(
        (name) =>
          `${name} ${tellGain(gain(metrics, `accuracy/${name}`, `accuracy/${name}@${variant}`))} it`,
      )
      .join(", ");
  return `${[...MODALITIES, "joint"].map((name) => `${name} ${tellMetric(metrics, `accuracy/${name}`)}`).join(", ")}.
What the contrast adds to the labels (against \`no-contrast\`): ${row("no-contrast")}. Against late fusion: ${row("late-fusion")}.
Against modality dropout in the joint network: ${row("all-subsets")}. Labels on the joint alone leave it to the contrast
to carry them over to each modality: ${row("joint-labels")}. With 4 in 10 inputs missing in training, the teacher
is ${["inertial", "skeleton", "depth"]
    .map(
      (name) =>
        `${tellGain(gain(metrics, `accuracy/${name}@missing-teacher`, `accuracy/${name}@missing-skip`))} skipping on ${name}`,
    )
    .join(", ")}. Two people make 216 test clips: differences under 0.03
are noise.`;
}
