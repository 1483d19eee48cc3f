import type { MetricTable, Study, Trial } from "../../Study.ts";
import { about } from "./about.ts";
import { actionBench } from "./actions/actionBench.ts";
import { penBench } from "./digits/penBench.ts";
import { gridBench } from "./grid/gridBench.ts";
import { syntheticTrials } from "./synthetic/syntheticTrials.ts";
import { transferTrials } from "./transferTrials.ts";
import { syntheticVerdict, transferVerdict } from "./verdict.ts";

/** What the study knows of one data set. */
interface Chapter {
  readonly trials: () => readonly Trial[];
  readonly about: string;
  readonly verdict: (metrics: MetricTable) => string;
  /** Pairs of modalities that stand in the index of all results, and what they are held against. */
  readonly transfers: readonly (readonly [taught: string, read: string])[];
  readonly against: readonly string[];
}

const BASELINES = ["cca", "clip", "plain-vq", "shuffled"];

const CHAPTERS: Readonly<Record<string, Chapter>> = {
  grid_av: {
    trials: () => transferTrials(gridBench),
    about: about.grid,
    verdict: transferVerdict,
    transfers: [
      ["audio", "lips"],
      ["lips", "audio"],
    ],
    against: ["paper-set", ...BASELINES],
  },
  mhd_digits: {
    trials: () => transferTrials(penBench),
    about: about.pen,
    verdict: transferVerdict,
    transfers: [
      ["pen-image", "trajectory"],
      ["trajectory", "pen-image"],
    ],
    against: BASELINES,
  },
  utd_mhad: {
    trials: () => transferTrials(actionBench),
    about: about.actions,
    verdict: transferVerdict,
    transfers: [
      ["inertial", "skeleton"],
      ["skeleton", "inertial"],
    ],
    against: BASELINES,
  },
  synthetic: {
    trials: syntheticTrials,
    about: about.synthetic,
    verdict: syntheticVerdict,
    transfers: [
      ["a", "b"],
      ["b", "a"],
    ],
    against: BASELINES,
  },
};

/** CMG put to the test: is what one sensor was taught understood from another? */
export const study: Study = {
  name: "cmg",
  idea: `CMG learns one vocabulary of codes for several sensors from recordings of all of them, without labels. A
classifier is then taught with the codes of one sensor alone, and read with those of another that it never saw.`,
  sets: Object.keys(CHAPTERS),
  trials: (set) => CHAPTERS[set]?.trials() ?? [],
  about: (set) => CHAPTERS[set]?.about ?? "",
  verdict: (set, metrics) => CHAPTERS[set]?.verdict(metrics) ?? "",
  headlines: (set) => {
    const { transfers = [], against = [] } = CHAPTERS[set] ?? {};
    return transfers.map(([taught, read]) => ({
      says: `${read}, read by what ${taught} taught`,
      metric: `transfer/${taught}->${read}`,
      against,
    }));
  },
};
