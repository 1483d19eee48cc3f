import type { Study, Trial } from "../../Study.ts";
import { digitsTrials } from "./digits/digitsTrials.ts";
import { motionTrials } from "./motion/motionTrials.ts";

const TRIALS: Readonly<Record<string, () => readonly Trial[]>> = {
  mhd_digits: digitsTrials,
  utd_mhad: motionTrials,
};

/** GMC put to the test. */
export const study: Study = {
  name: "gmc",
  sets: Object.keys(TRIALS),
  trials: (set) => TRIALS[set]?.() ?? [],
  about: (set) => set,
};
