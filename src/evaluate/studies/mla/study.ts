import type { Study, Trial } from "../../Study.ts";
import { gridTrials } from "./gridTrials.ts";
import { MHD_SETTINGS, mhdTask } from "./mhdTask.ts";
import { subsetTrials } from "./subsetTrials.ts";
import { UTD_SETTINGS, utdTask } from "./utdTask.ts";

/** What is tried on one set, and what is asked of it. */
interface SetStudy {
  readonly trials: () => readonly Trial[];
  readonly about: string;
}

const MISSING = `At \`missingR\`, R % of all modalities are missing in training and test alike, at least one kept per
example (so 80 % of three sensors is 67 % in truth, of four 75 %, as in the paper's own experiment); the
same ones for all methods. Absent sensors have no training step and no vote here; the joint networks see zeros.`;

const SETS: Readonly<Record<string, SetStudy>> = {
  grid_av: {
    trials: gridTrials,
    about: `Spoken digits of one talker, 640 ms of sound and of lips around each. Babble is four other sentences of
the same split, each from a random instant on, mixed under the 16 kHz sound at the named level (mean power
over the sentence); log-mels come from the mix through the live front end. \`white0dB\` is hiss, which no
training heard. \`fused\` is the entropy rule with a temperature per modality, fitted on training sentences
that were held out, in babble from none to -10 dB mixed; \`sum\` is the plain sum of the same logits.
\`no-temperature\` and \`temperatures-clean\` (fitted on clean sound alone) are other readings of the same
trained model.`,
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
video. One model answers for every subset of the sensors. \`forgetting/m\` is the mean change of the loss of
modality m, in nats, in one step of another modality: above 0 is forgetting.

${MISSING}`,
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
  },
};

/** MLA put to the test. */
export const study: Study = {
  name: "mla",
  sets: Object.keys(SETS),
  trials: (set) => SETS[set]?.trials() ?? [],
  about: (set) => SETS[set]?.about ?? "",
};
