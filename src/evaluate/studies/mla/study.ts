import { drawSubsetHeatMap } from "../../drawSubsetHeatMap.ts";
import { type Headline, metricName, type Study, type Trial } from "../../Study.ts";
import { MHD_ENCODERS, UTD_ENCODERS } from "./encoders.ts";
import { subsetsOf } from "./fuseAnswers.ts";
import { GRID_CONDITIONS } from "./gridTask.ts";
import { gridTrials } from "./gridTrials.ts";
import { MHD_SETTINGS, mhdTask } from "./mhdTask.ts";
import { MISSING_RATES } from "./missingAt.ts";
import { subsetTrials } from "./subsetTrials.ts";
import { UTD_SETTINGS, utdTask } from "./utdTask.ts";
import { mlaVerdict } from "./verdict.ts";

/** What is tried on one set, and what is asked of it. */
interface SetStudy {
  readonly trials: () => readonly Trial[];
  readonly about: string;
  /** What stands in the index of all results. */
  readonly headlines: readonly Headline[];
}

const BASELINES = ["late", "zero-fill", "all-subsets"];

const MISSING = `At \`missingR\`, R % of all modalities are missing in training and test alike, at least one kept per
example (so 80 % of three sensors is 67 % in truth, of four 75 %, as in the paper's own experiment); the
same ones for all methods, trained with one seed. Absent sensors have no training step and no vote here; the joint networks see zeros.`;

const MOSTLY_MISSING: Headline = {
  says: "60 % of all modalities missing, in training too",
  metric: "accuracy/all@missing60",
  against: BASELINES,
};

const SETS: Readonly<Record<string, SetStudy>> = {
  grid_av: {
    trials: gridTrials,
    about: `Spoken digits of one talker, 640 ms of sound and of lips around each. Babble is four other sentences of
the same split, each from a random instant on, mixed under the 16 kHz sound at the named level (mean power
over the sentence); log-mels come from the mix through the live front end. \`white0dB\` is hiss, which no
training heard. \`fused\` is the entropy rule with a temperature per modality, fitted on training sentences
that were held out, in babble from none to -10 dB mixed; \`sum\` is the plain sum of the same logits,
\`sharp\` the entropy rule with weights exp(-8 H), H the entropy as a share of its largest.
\`no-temperature\` and \`temperatures-clean\` (fitted on clean sound alone) are other readings of the same
trained model.`,
    headlines: ["clean", "0dB", "-10dB"].flatMap((condition) =>
      ["fused", "audio", "lips"].map((given) => ({
        says: `${given === "fused" ? "both" : `${given} alone`}, ${condition === "clean" ? "clean" : `babble at ${condition.replace("dB", " dB")}`}`,
        metric: `accuracy/${given}@${condition}`,
        against: ["clean-trained", "joint"],
      })),
    ),
  },
  utd_mhad: {
    trials: () =>
      subsetTrials({
        read: utdTask,
        settings: UTD_SETTINGS,
        config: {
          labelSmoothing: 0.1,
          optimizer: { kind: "adamw", weightDecay: 0.05, beta2: 0.99 },
        },
        temperatures: true,
        ablations: true,
      }),
    about: `27 actions by people who are not in the training, from a wrist or thigh sensor, the skeleton and depth
video. One model answers for every subset of the sensors; \`@sum\` and \`@sharp\` are the plain sum and weights
exp(-8 H), H the entropy as a share of its largest. \`forgetting/m\` is the mean change of the loss of
modality m, in thousandths of a nat, in one step of another modality: above 0 is forgetting.

${MISSING}`,
    headlines: [...headlinesOf(Object.keys(UTD_ENCODERS)), MOSTLY_MISSING],
  },
  mhd_digits: {
    trials: () =>
      subsetTrials({
        read: mhdTask,
        settings: MHD_SETTINGS,
        config: {},
        temperatures: false,
        ablations: false,
      }),
    about: `Digits: pen trajectory, its picture, an MNIST picture and speech, much of it by a speaker who is not in the
training.

${MISSING}`,
    headlines: [...headlinesOf(Object.keys(MHD_ENCODERS)), MOSTLY_MISSING],
  },
};

/** Subsets and conditions with a row of their own in the heat map. */
const ROWS: Readonly<Record<string, readonly string[]>> = {
  grid_av: ["audio", "lips", "sum", "fused"].flatMap((name) =>
    Object.keys(GRID_CONDITIONS).map((condition) => `${name}@${condition}`),
  ),
  utd_mhad: rowsOf(Object.keys(UTD_ENCODERS)),
  mhd_digits: rowsOf(Object.keys(MHD_ENCODERS)),
};

/** MLA put to the test. */
export const study: Study = {
  name: "mla",
  idea: "Modalities trained together in one step compete, and the quick one leaves the slow one unlearnt. MLA trains them by turns: each step sees one modality alone, through its own encoder and one head that all share. So an absent sensor has no step, no pairs are needed, and every modality can answer by itself; at test the answers are weighed by how decided each is.",
  sets: Object.keys(SETS),
  trials: (set) => SETS[set]?.trials() ?? [],
  about: (set) => SETS[set]?.about ?? "",
  verdict: mlaVerdict,
  headlines: (set) => SETS[set]?.headlines ?? [],
  pictures: (set, metrics) => {
    const rows = ROWS[set] ?? [];
    const methods = (SETS[set]?.trials() ?? [])
      .map(({ variant }) => variant)
      .filter((variant) => rows.some((row) => metricName(`accuracy/${row}`, variant) in metrics));
    return [
      {
        name: "subsets",
        caption: "Accuracy by what is there, all variants side by side; the best of a row in bold.",
        svg: drawSubsetHeatMap({
          title: `MLA on ${set}: accuracy by what is there`,
          subsets: rows.map((row) => ({ label: row, metric: `accuracy/${row}` })),
          methods: methods.map((variant) => ({ label: variant === "" ? "mla" : variant, variant })),
          metrics,
        }),
      },
    ];
  },
};

/** All modalities, then each alone. */
function headlinesOf(names: readonly string[]): readonly Headline[] {
  return [names, ...names.map((name) => [name])].map((given) => ({
    says: given.length === 1 ? `${given[0]} alone` : "all modalities",
    metric: `accuracy/${given.join("+")}`,
    against: BASELINES,
  }));
}

function rowsOf(names: readonly string[]): readonly string[] {
  return [
    ...subsetsOf(names).map((modalities) => modalities.join("+")),
    ...MISSING_RATES.map((rate) => `all@missing${rate}`),
  ];
}
