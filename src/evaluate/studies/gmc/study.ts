import type { Study, Trial } from "../../Study.ts";
import { digitsTrials } from "./digits/digitsTrials.ts";
import { motionTrials } from "./motion/motionTrials.ts";
import { opinionsTrials } from "./opinions/opinionsTrials.ts";

const TRIALS: Readonly<Record<string, () => readonly Trial[]>> = {
  mhd_digits: digitsTrials,
  utd_mhad: motionTrials,
  mosi_utt: opinionsTrials,
};

/** GMC put to the test. */
export const study: Study = {
  name: "gmc",
  sets: Object.keys(TRIALS),
  trials: (set) => TRIALS[set]?.() ?? [],
  about: (set) => set,
};
