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
}

const CHAPTERS: Readonly<Record<string, Chapter>> = {
  grid_av: {
    trials: () => transferTrials(gridBench),
    about: about.grid,
    verdict: transferVerdict,
  },
  mhd_digits: {
    trials: () => transferTrials(penBench),
    about: about.pen,
    verdict: transferVerdict,
  },
  utd_mhad: {
    trials: () => transferTrials(actionBench),
    about: about.actions,
    verdict: transferVerdict,
  },
  synthetic: {
    trials: syntheticTrials,
    about: about.synthetic,
    verdict: syntheticVerdict,
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
};
