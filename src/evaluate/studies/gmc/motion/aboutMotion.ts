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

const SCORED = [...MODALITIES, "joint"] as const;

/** What the figures mean: sentences about what was run. */
export function motionVerdict(metrics: MetricTable): string {
  const against = (variant: string, over = ""): string =>
    SCORED.map((name) => {
      const own = `accuracy/${name}${over === "" ? "" : `@${over}`}`;
      return `${name} ${tellGain(gain(metrics, own, `accuracy/${name}@${variant}`))} it`;
    }).join(", ");
  const sentences: readonly (readonly [variant: string, sentence: string])[] = [
    [
      "no-contrast",
      `What the contrast adds to the labels (against \`no-contrast\`): ${against("no-contrast")}.`,
    ],
    ["late-fusion", `Against late fusion: ${against("late-fusion")}.`],
    [
      "zero-fill",
      `Against the joint network with zeros for what is missing: ${against("zero-fill")}.`,
    ],
    ["all-subsets", `Against modality dropout in the joint network: ${against("all-subsets")}.`],
    [
      "joint-labels",
      `Labels on the joint alone leave it to the contrast to carry them over to each modality; against that: ${against("joint-labels")}.`,
    ],
    [
      "missing-skip",
      `With 4 in 10 inputs missing in training, the teacher against leaving incomplete clips out: ${against("missing-skip", "missing-teacher")}.`,
    ],
  ];
  return [
    `${SCORED.map((name) => `${name} ${tellMetric(metrics, `accuracy/${name}`)}`).join(", ")}.`,
    ...sentences.flatMap(([variant, sentence]) =>
      metrics[`accuracy/joint@${variant}`] === undefined ? [] : [sentence],
    ),
    "Two people make 216 test clips: differences under 0.03 are noise.",
  ].join("\n");
}
