import type { Study } from "../../Study.ts";
import { ABOUT } from "./about.ts";
import { realTrials } from "./realTrials.ts";
import { syntheticTrials } from "./syntheticTrials.ts";
import { REAL_SETS } from "./tasks.ts";
import { verdict } from "./verdict.ts";

/** DeCUR put to the test: pretraining without labels, then linear probes on what it learnt. */
export const study: Study = {
  name: "decur",
  idea:
    "DeCUR learns from several sensors without labels. Each sensor's recording becomes a vector whose " +
    "first dimensions must agree between sensors and whose last dimensions must have nothing to do " +
    "with each other, so that what only one sensor sees is kept and not averaged away. Two altered " +
    "views of every recording keep the last dimensions from filling up with noise.",
  sets: ["synthetic", ...REAL_SETS],
  trials: (set) => (set === "synthetic" ? syntheticTrials() : realTrials(set)),
  about: (set) => (ABOUT as Readonly<Record<string, string>>)[set] ?? "",
  verdict,
};
