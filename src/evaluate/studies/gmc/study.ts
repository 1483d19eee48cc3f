import type { Study, Trial } from "../../Study.ts";
import { digitsTrials } from "./digits/digitsTrials.ts";

const TRIALS: Readonly<Record<string, () => readonly Trial[]>> = {
  mhd_digits: digitsTrials,
};

/** GMC put to the test. */
export const study: Study = {
  name: "gmc",
  sets: Object.keys(TRIALS),
  trials: (set) => TRIALS[set]?.() ?? [],
  about: (set) => set,
};
