import type { MetricTable, Study, Trial } from "../../Study.ts";
import { aboutDigits, digitsVerdict } from "./digits/aboutDigits.ts";
import { digitsTrials } from "./digits/digitsTrials.ts";
import { aboutMotion, motionVerdict } from "./motion/aboutMotion.ts";
import { motionTrials } from "./motion/motionTrials.ts";
import { aboutOpinions, opinionsVerdict } from "./opinions/aboutOpinions.ts";
import { opinionsTrials } from "./opinions/opinionsTrials.ts";

/** What the study knows of one data set. */
interface Chapter {
  readonly trials: () => readonly Trial[];
  readonly about: string;
  readonly verdict: (metrics: MetricTable) => string;
}

const CHAPTERS: Readonly<Record<string, Chapter>> = {
  mhd_digits: { trials: digitsTrials, about: aboutDigits, verdict: digitsVerdict },
  utd_mhad: { trials: motionTrials, about: aboutMotion, verdict: motionVerdict },
  mosi_utt: { trials: opinionsTrials, about: aboutOpinions, verdict: opinionsVerdict },
};

/** GMC put to the test: can one modality stand in for all of them? */
export const study: Study = {
  name: "gmc",
  sets: Object.keys(CHAPTERS),
  trials: (set) => CHAPTERS[set]?.trials() ?? [],
  about: (set) => CHAPTERS[set]?.about ?? "",
  verdict: (set, metrics) => CHAPTERS[set]?.verdict(metrics) ?? "",
};
