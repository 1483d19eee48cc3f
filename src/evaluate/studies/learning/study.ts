import type { Study } from "../../Study.ts";
import { newNoiseTrials } from "./newNoiseTrials.ts";
import { newPeopleTrials } from "./newPeopleTrials.ts";

const TRIALS: Readonly<Record<string, Study["trials"]>> = {
  utd_mhad: () => newPeopleTrials,
  grid_av: () => newNoiseTrials,
};

const ABOUT: Readonly<Record<string, string>> = {
  utd_mhad:
    "New people: a small live model (wrist or thigh sensor, skeleton) is trained on four people's takes 1 to 3; the people of the test split then come as one stream, one after the other, all their clips in a random order without pauses. One moment in ten is labelled, two seconds late. `accuracy/fused` is the share of moments whose action is right, each answered by the version that serves then, before anything is learnt from it; `accuracy/known` is the same on the trained people's take 4, under the version that serves in the end. The frozen model is the bar; `gain/...` is the difference to it, in shares. `wrong-labels`: 30 % of the labels name another class; `noise-sensor`: the skeleton is noise from a third of the stream on; `sensor-away`: it is gone for the middle third.",
  grid_av:
    "New noise: the committed weights of `talking-face` on the test split as one stream; from minute 2 on four other voices lie under each sentence at −5 dB. One moment in ten is labelled, two seconds late. `gain/...` are differences to the frozen weights, in shares of all moments from minute 2 on.",
};

/** Continual learning put to the test, on streams in the order of time. */
export const study: Study = {
  name: "learning",
  idea: "A model that serves cannot be trained where it serves. A copy of its head and codebook learns from labels as they come, each first used as a test; a gate compares it with what serves on moments that nobody learns from, and it is published only when it is better beyond chance and worse in nothing. What is published is watched, and taken back when it disappoints.",
  sets: Object.keys(TRIALS),
  trials: (set) => TRIALS[set]?.(set) ?? [],
  about: (set) => ABOUT[set] ?? "",
};
