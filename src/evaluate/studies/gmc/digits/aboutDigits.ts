import { type MetricTable, metricName } from "../../../Study.ts";
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

In training, digits come as other people might have given them: a trajectory and its picture slanted, turned and
stretched by one other hand, the MNIST picture by a hand of its own, speech moved about in time, speed, pitch
and level. The method learns for 8 epochs at a rate that rises over 100 steps, then falls along a cosine; \`zero-fill\` and \`all-subsets\` are its
joint network with labels, as long and with the same inputs. The variants below \`short\` run 2 epochs at a constant rate, risen likewise where they contrast,
and compare with it, the method in the same time. \`late-fusion\` is the same network with labels and a head for each
encoder in place of the contrast: its decisions are added, and its \`dca/\` is that without the contrast.
Trajectories are laid about 0 for all. Run only where named: \`stream\`, \`published\` (a constant rate, inputs as they
are) and \`long\` (16 epochs). How far digits are moved was chosen on training writers and speakers held out, never on
the part that is tested on.`;

const MODALITIES = ["trajectory", "pen-image", "mnist-image", "speech"] as const;

/** What the figures mean. */
export function digitsVerdict(metrics: MetricTable): string {
  const told = (name: string): string => tellMetric(metrics, name);
  const has = (variant: string): boolean =>
    Object.keys(metrics).some((name) => name.endsWith(`@${variant}`));
  const against = (own: string, variant: string): string =>
    MODALITIES.map((name) => {
      const ours = metricName(`accuracy/${name}`, own);
      return `${name} ${tellGain(gain(metrics, ours, metricName(`accuracy/${name}`, variant)))} it`;
    }).join(", ");
  const over = (variant: string, name: string): string =>
    tellGain(gain(metrics, `${name}@short`, `${name}@${variant}`));
  /** A sentence, where what it compares was run. */
  const where = (variants: readonly string[], sentence: () => string): readonly string[] =>
    variants.every(has) ? [sentence()] : [];

  const alone = MODALITIES.map((name) => `${name} ${told(`accuracy/${name}`)}`).join(", ");
  const paragraphs = [
    [
      `The paper's claim that one modality can stand in for all is ${claim(metrics)}: ${alone} against ${told("accuracy/joint")} for all together.`,
      `Speakers who are not in the training reach ${told("accuracy/speech-unseen")}: four voices are few to learn from.`,
      `The mean of all modalities' own embeddings reaches ${told("accuracy/mean")}.`,
    ],
    [
      ...where(["zero-fill"], () => `Against zero fill: ${against("", "zero-fill")}.`),
      ...where(
        ["all-subsets"],
        () =>
          `Against modality dropout, which needs the labels while it trains: ${against("", "all-subsets")}.`,
      ),
      ...where(["cca"], () => `Against linear CCA: ${against("", "cca")}.`),
    ],
    [
      ...where(
        ["short", "late-fusion"],
        () =>
          `In equal time (2 epochs), against late fusion, which needs labels too: ${against("short", "late-fusion")}.`,
      ),
      ...where(
        ["short", "infonce-pairs"],
        () =>
          `Against InfoNCE of all pairs without a joint encoder, in equal time: ${against("short", "infonce-pairs")}.`,
      ),
    ],
    [
      ...where(
        ["short", "paper"],
        () =>
          `The code's form of the loss is ${over("paper", "accuracy/speech")} the paper's on speech and ${over("paper", "accuracy/trajectory")} it on trajectories.`,
      ),
      ...where(
        ["short", "ablation"],
        () =>
          `It is ${over("ablation", "accuracy/speech")} and ${over("ablation", "accuracy/trajectory")} the ablated form.`,
      ),
      ...where(
        ["short", "two-modalities"],
        () =>
          `Retrieval of the picture is ${told("retrieval/trajectory->pen-image@two-modalities")} with trajectory and pen image alone and ${told("retrieval/trajectory->pen-image@short")} with all four.`,
      ),
      ...where(
        ["short", "late-fusion"],
        () =>
          `DCA against the same network without the contrast: ${MODALITIES.map(
            (name) =>
              `${name} ${told(`dca/${name}@short`)} against ${told(`dca/${name}@late-fusion`)}`,
          ).join(", ")}.`,
      ),
    ],
  ];
  return paragraphs
    .filter((sentences) => sentences.length > 0)
    .map((sentences) => sentences.join("\n"))
    .join("\n\n");
}

function claim(metrics: MetricTable): string {
  const gaps = MODALITIES.map((name) => gain(metrics, `accuracy/${name}`, "accuracy/joint"));
  if (gaps.some((gap) => gap === undefined)) return "not measured here";
  const near = MODALITIES.filter((_, i) => (gaps[i] ?? -1) > -0.05);
  if (near.length === MODALITIES.length) return "borne out";
  return near.length === 0 ? "not borne out" : `borne out for ${near.join(", ")} (within 0.05)`;
}
