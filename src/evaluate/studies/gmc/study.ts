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
  /** What stands in the index of all results: all modalities, then each alone. */
  readonly headlines: readonly string[];
}

const CHAPTERS: Readonly<Record<string, Chapter>> = {
  mhd_digits: {
    trials: digitsTrials,
    about: aboutDigits,
    verdict: digitsVerdict,
    headlines: ["joint", "trajectory", "pen-image", "mnist-image", "speech"],
  },
  utd_mhad: {
    trials: motionTrials,
    about: aboutMotion,
    verdict: motionVerdict,
    headlines: ["joint", "inertial", "skeleton", "depth"],
  },
  mosi_utt: {
    trials: opinionsTrials,
    about: aboutOpinions,
    verdict: opinionsVerdict,
    headlines: ["joint", "text", "audio", "video"],
  },
};

/** GMC put to the test: can one modality stand in for all of them? */
export const study: Study = {
  name: "gmc",
  idea:
    "GMC brings what each sensor says alone close to what all of them say together, in one space and " +
    "without labels. A classifier taught on all of them together then reads any one of them, unchanged.",
  sets: Object.keys(CHAPTERS),
  trials: (set) => CHAPTERS[set]?.trials() ?? [],
  about: (set) => CHAPTERS[set]?.about ?? "",
  verdict: (set, metrics) => CHAPTERS[set]?.verdict(metrics) ?? "",
  headlines: (set) =>
    (CHAPTERS[set]?.headlines ?? []).map((given) => ({
      says: given === "joint" ? "all modalities" : `${given} alone`,
      metric: `accuracy/${given}`,
      against: ["no-contrast", "late-fusion", "zero-fill", "all-subsets"],
    })),
};
