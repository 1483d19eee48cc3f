import type { MetricTable } from "../../../Study.ts";
import { gain, tellGain, tellMetric } from "../tellMetrics.ts";

/** What is asked of the digits. */
export const aboutDigits = `Digits written with a pen (its trajectory and the picture of it, true pairs), MNIST pictures and spoken
digits (paired by class). GMC is trained without labels: a base encoder for each modality, an encoder of
its own for all of them together, one head, and the contrast of each modality with the joint; the network is
that of the paper's MHD. A classifier is then trained on the joint's embeddings of the training tuples and put
unchanged before the joint's embeddings of the test tuples (\`accuracy/joint\`), each modality's alone, and the
mean of two (\`accuracy/<a>+<b>\`) or of all (\`accuracy/mean\`). Unlike in the paper, the label is no input: with
it "all modalities" would be solved by reading it off. Writers of the test tuples are new;
\`accuracy/speech-unseen\` counts the speakers who are not in the training tuples.
\`retrieval/trajectory->pen-image\` is the share of acts of writing whose own picture is the nearest of all to
their trajectory. \`dca/<modality>\` is the harmonic mean of precision, recall and quality of Delaunay component
analysis against the joint, 400 points a set and 1000 rays a point; two samples of one distribution give
\`dca/ceiling\`, not 1.

The method learns at a rate that falls along a cosine, with speech moved about in time and pitch; \`published\` is
without both. The other variants run 2 epochs at a constant rate, a quarter of the method's, and compare with
\`short\`, the method in the same time; \`late-fusion\` and \`no-contrast\` are the same network with labels and a
head for each encoder in place of the contrast. Trajectories are laid about 0 for all.`;

const MODALITIES = ["trajectory", "pen-image", "mnist-image", "speech"] as const;

/** What the figures mean. */
export function digitsVerdict(metrics: MetricTable): string {
  const told = (name: string): string => tellMetric(metrics, name);
  const against = (variant: string): string =>
    MODALITIES.map(
      (name) =>
        `${name} ${tellGain(gain(metrics, `accuracy/${name}@short`, `accuracy/${name}@${variant}`))} it`,
    ).join(", ");
  const over = (variant: string, name: string): string =>
    tellGain(gain(metrics, `${name}@short`, `${name}@${variant}`));
  return `The paper's claim that one modality can stand in for all is ${claim(metrics)}: ${MODALITIES.map(
    (name) => `${name} ${told(`accuracy/${name}`)}`,
  ).join(
    ", ",
  )} against ${told("accuracy/joint")} for all together. Speakers who are not in the training
reach ${told("accuracy/speech-unseen")}: four voices are few to learn from. The mean of all modalities' own
embeddings reaches ${told("accuracy/mean")}.

In equal time (2 epochs), GMC against zero fill: ${against("zero-fill")}. Against modality dropout, which needs the
labels while it trains: ${against("all-subsets")}. Against late fusion, which needs them too:
${against("late-fusion")}. Against linear CCA: ${against("cca")}. Against InfoNCE of all pairs without a joint
encoder: ${against("infonce-pairs")}.

Forms of the loss: the code's is ${over("paper", "accuracy/speech")} the paper's on speech and
${over("paper", "accuracy/trajectory")} it on trajectories, ${over("ablation", "accuracy/speech")} and
${over("ablation", "accuracy/trajectory")} the ablated form. Retrieval of the picture is
${told("retrieval/trajectory->pen-image@two-modalities")} with trajectory and pen image alone and
${told("retrieval/trajectory->pen-image@short")} with all four. DCA against the same network without the
contrast: ${MODALITIES.map(
    (name) => `${name} ${told(`dca/${name}@short`)} against ${told(`dca/${name}@no-contrast`)}`,
  ).join(", ")}.`;
}

function claim(metrics: MetricTable): string {
  const gaps = MODALITIES.map((name) => gain(metrics, `accuracy/${name}`, "accuracy/joint"));
  if (gaps.some((gap) => gap === undefined)) return "not measured here";
  const near = MODALITIES.filter((_, i) => (gaps[i] ?? -1) > -0.05);
  if (near.length === MODALITIES.length) return "borne out";
  return near.length === 0 ? "not borne out" : `borne out for ${near.join(", ")} (within 0.05)`;
}
