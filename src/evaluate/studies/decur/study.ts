import { drawSubsetHeatMap } from "../../drawSubsetHeatMap.ts";
import { metricName, type Study } from "../../Study.ts";
import { ABOUT } from "./about.ts";
import { subsetName } from "./DecurTask.ts";
import { LABEL_SHARES } from "./probeSubsets.ts";
import { realTrials } from "./realTrials.ts";
import { syntheticTrials } from "./syntheticTrials.ts";
import { REAL_SETS, taskOf } from "./tasks.ts";
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
  headlines: (set) => {
    if (set === "synthetic") return [];
    const whole = subsetName(taskOf(set).modalities.map(({ name }) => name));
    return LABEL_SHARES.map(({ percent }) => ({
      says: `linear probe with ${percent} % of the labels`,
      metric: `probe/${whole}@labels${percent}`,
      against: ["barlow-cross", "simclr-cross", "vicreg", "random", "supervised"],
    }));
  },
  pictures: (set, metrics) => {
    if (set === "synthetic") return [];
    const rows = LABEL_SHARES.flatMap(({ percent }) =>
      taskOf(set).subsets.map((subset) => ({
        label: `${subset.join(" + ")}, ${percent} % of labels`,
        metric: `probe/${subsetName(subset)}@labels${percent}`,
      })),
    );
    const methods = realTrials(set)
      .map(({ variant }) => ({ label: variant === "" ? "decur" : variant, variant }))
      .filter(({ variant }) => rows.some(({ metric }) => metricName(metric, variant) in metrics));
    return [
      {
        name: "subsets",
        caption:
          "Accuracy by the modalities that are there and the labels that are known, all variants side by side; the best of a row in bold.",
        svg: drawSubsetHeatMap({
          title: `DeCUR on ${set}: linear probes`,
          subsets: rows,
          methods,
          metrics,
        }),
      },
    ];
  },
};
