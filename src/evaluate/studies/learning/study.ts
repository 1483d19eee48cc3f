import type { Study } from "../../Study.ts";
import { newNoiseTrials } from "./newNoiseTrials.ts";
import { newPeopleTrials } from "./newPeopleTrials.ts";

const TRIALS: Readonly<Record<string, Study["trials"]>> = {
  utd_mhad: () => newPeopleTrials,
  grid_av: () => newNoiseTrials,
};

const ABOUT: Readonly<Record<string, string>> = {
  utd_mhad:
    "New people: a small live model (wrist or thigh sensor, skeleton) is trained on four people's takes 1 to 3; the people of the test split then come as one stream, one after the other, all their clips in a random order without pauses. One moment in ten is labelled, two seconds late. `accuracy/...@frozen` is the share of moments whose action is right without learning; `gain/...` is the difference to it, in shares, each moment answered by the version that serves then, before anything is learnt from it. `gain/known` is on the trained people's take 4, under the version that serves in the end. `no-gate`: everything that is learnt serves. `no-weighing`: labels do not tell whom not to believe. `wrong-labels`: 30 % of the labels name another class; `whole-events`: labels as people give them, of one event in ten as a whole, its ends up to 120 ms off, one in twenty wrong, two to eight seconds late; `noise-sensor`: the skeleton is noise from a third of the stream on, and that counts; as in a pipeline, the watch for broken sensors leaves it out of the answers and of what is learnt, and the share of moments in which it does is `doubted/...`; `sensor-away`: it is gone for the middle third (`gain/fused-back`: from its return on). The variant `parts` has the learner's parts, each without the gate.",
  grid_av:
    "New noise: a small live model (sound, lips) is trained on 300 clean sentences; the test split comes as one stream, and from minute 2 on four other voices lie under each sentence at −5 dB. One moment in ten is labelled, two seconds late. `gain/...` are differences to the frozen model, in shares of all moments from minute 2 on; `gain/known` is on 40 further clean sentences, under the version that serves in the end. Labels also tell whom not to believe (`doubted/...`, shares of all moments, with what the watch finds by itself); in `no-weighing`, `heads` and `exemplars` they do not. `wrong-labels`: 30 % of them name another class; `whole-events`: they are given as people give them, of one word in ten as a whole, its ends up to 120 ms off, one in twenty wrong, two to eight seconds late. The variant `committed` has the committed weights of `talking-face`, which were trained in such noise.",
};

/** Continual learning put to the test, on streams in the order of time. */
export const study: Study = {
  name: "learning",
  idea: "A model that serves cannot be trained where it serves. Copies of it learn from labels as they come, in two ways, each label first used as a test; a gate compares the better one with what serves, and it is published only when it is better beyond chance and worse in nothing. What is published is watched, and taken back when it disappoints.",
  sets: Object.keys(TRIALS),
  trials: (set) => TRIALS[set]?.(set) ?? [],
  about: (set) => ABOUT[set] ?? "",
};
