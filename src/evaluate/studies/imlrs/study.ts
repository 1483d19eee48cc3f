import { drawSubsetHeatMap } from "../../drawSubsetHeatMap.ts";
import { metricName, type Study } from "../../Study.ts";
import { extraSensory } from "./extraSensory.ts";
import { houston } from "./houston.ts";
import type { ImlProtocol } from "./protocol.ts";
import { imlTrials } from "./trials.ts";
import { utd } from "./utd.ts";
import { imlVerdict } from "./verdict.ts";

const PROTOCOLS: Readonly<Record<string, ImlProtocol>> = {
  [houston.set]: houston,
  [utd.set]: utd,
  [extraSensory.set]: extraSensory,
};

const ABOUT: Readonly<Record<string, string>> = {
  [houston.set]:
    "Which of 15 kinds of land cover a pixel shows, from its 144 spectral bands, its 21 LiDAR features, or both. A pixel is one position; windows of its spectrum and of its profile stand there as tokens. Accuracy over all test pixels; training and test pixels of a class are close in space.",
  [utd.set]:
    "Which of 27 actions a clip shows, from wrist sensor, skeleton, depth video, or any of them together; the test people are not in training. Skeletons are given as posture and motion. Eight slots per clip, one token of each modality and one fusion token per slot. Accuracy over all test clips.",
  [extraSensory.set]:
    "What a person does in a minute (six activities), from eight groups of phone and watch sensors that are there or not as life would have it; the test people are not in training. Balanced accuracy: the mean over activities of the share that is right. `natural` is every minute with what it has; `all` are the minutes that have all eight; a group's name is that group alone, `without-` all a minute has but that group, both on the minutes that have it. The last three test at most 1000 minutes of each activity, at equal distances. Specialists: one for each single group, and one for `natural`, which is trained on what every minute has.",
};

/** Subsets that stand in the index of all results. */
const HEADLINES: Readonly<Record<string, readonly string[]>> = {
  [houston.set]: ["hyperspectral+lidar", "hyperspectral", "lidar"],
  [utd.set]: ["inertial+skeleton+depth", "inertial", "skeleton", "depth"],
  [extraSensory.set]: ["natural", "all"],
};

/** IML-RS put to the test. */
export const study: Study = {
  name: "imlrs",
  idea: "One network for every combination of sensors. Each modality keeps tokens of its own that never look at the others; learned fusion tokens collect what is there. What is missing is left out, not replaced by zeros, and in training random combinations are left out on purpose. So one network answers from whatever works, and each modality's part can be computed as its data arrive.",
  sets: Object.keys(PROTOCOLS),
  trials: (set) => {
    const protocol = PROTOCOLS[set];
    return protocol === undefined ? [] : imlTrials(protocol);
  },
  about: (set) => ABOUT[set] ?? "",
  verdict: (set, metrics) => {
    const protocol = PROTOCOLS[set];
    return protocol === undefined ? "" : imlVerdict(protocol, metrics);
  },
  headlines: (set) =>
    (HEADLINES[set] ?? []).map((subset) => ({
      says: subset === "natural" ? "whatever is there" : subset.replaceAll("+", " + "),
      metric: `accuracy/${subset}`,
      against: ["multivit", "no-random-combination", "specialist"],
    })),
  pictures: (set, metrics) => {
    const protocol = PROTOCOLS[set];
    if (protocol === undefined) return [];
    const methods = imlTrials(protocol)
      .map(({ variant }) => variant)
      .filter((variant) =>
        protocol.subsets.some(({ name }) => metricName(`accuracy/${name}`, variant) in metrics),
      );
    return [
      {
        name: "subsets",
        caption:
          "Accuracy by the modalities that are there, all methods side by side; the best of a row in bold.",
        svg: drawSubsetHeatMap({
          title: `IML-RS on ${set}: accuracy by what is there`,
          subsets: protocol.subsets.map(({ name }) => ({
            label: name,
            metric: `accuracy/${name}`,
          })),
          methods: methods.map((variant) => ({
            label: variant === "" ? "imlrs" : variant,
            variant,
          })),
          metrics,
        }),
      },
    ];
  },
};
