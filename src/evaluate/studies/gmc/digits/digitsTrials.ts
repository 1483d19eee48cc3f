import type { Trial } from "../../../Study.ts";
import type { InstantInputs } from "../GmcTask.ts";
import { meanPool } from "../meanPool.ts";
import { ccaTrial } from "../trials/ccaTrial.ts";
import { contrastTrial } from "../trials/contrastTrial.ts";
import { infoncePairsTrial } from "../trials/infoncePairsTrial.ts";
import { jointNetworkTrial } from "../trials/jointNetworkTrial.ts";
import { separateTrial } from "../trials/separateTrial.ts";
import { digitsBench } from "./digitsBench.ts";

/** Epochs of the variants, a quarter of the method's: all together cost about as much as the method. */
const SHORT = 2;

/** All that is tried on the digits, the method first. */
export function digitsTrials(): readonly Trial[] {
  const bench = digitsBench();
  return [
    contrastTrial(bench, {
      variant: "",
      summary: "GMC, 8 epochs, speech moved about, rate along a cosine",
      epochs: 8,
      schedule: "cosine",
    }),
    contrastTrial(digitsBench({ isMoved: false }), {
      variant: "published",
      summary: "GMC as published: 8 epochs at a constant rate, inputs as they are",
      epochs: 8,
      seeded: false,
    }),
    contrastTrial(bench, {
      variant: "short",
      summary: `GMC, ${SHORT} epochs at a constant rate: what the variants below compare with`,
      epochs: SHORT,
    }),
    jointNetworkTrial(bench, {
      variant: "zero-fill",
      summary: `joint network with labels, missing inputs as zeros, ${SHORT} epochs`,
      epochs: SHORT,
      subsets: "all",
    }),
    jointNetworkTrial(bench, {
      variant: "all-subsets",
      summary: `joint network with labels and modality dropout, ${SHORT} epochs`,
      epochs: SHORT,
      subsets: "random",
    }),
    separateTrial(bench, {
      variant: "late-fusion",
      summary: `encoders with labels and heads of their own, log-probabilities added, ${SHORT} epochs`,
      epochs: SHORT,
      measures: "late-fusion",
    }),
    separateTrial(bench, {
      variant: "no-contrast",
      summary: `the same network with labels in place of the contrast, ${SHORT} epochs`,
      epochs: SHORT,
      measures: "alignment",
      seeded: false,
    }),
    ccaTrial(bench, { instants: 5000, components: 60, flatten }),
    infoncePairsTrial(bench, SHORT),
    contrastTrial(bench, {
      variant: "paper",
      summary: `the loss as the paper prints it, ${SHORT} epochs`,
      epochs: SHORT,
      form: "paper",
      seeded: false,
    }),
    contrastTrial(bench, {
      variant: "ablation",
      summary: `the ablated loss, joints alone as negatives, ${SHORT} epochs`,
      epochs: SHORT,
      form: "ablation",
      seeded: false,
    }),
    contrastTrial(bench, {
      variant: "two-modalities",
      summary: `trajectory and pen image alone, ${SHORT} epochs`,
      epochs: SHORT,
      modalities: ["trajectory", "pen-image"],
      seeded: false,
    }),
    contrastTrial(digitsBench({ normalization: "stream" }), {
      variant: "stream",
      summary: `group in place of batch normalisation, ${SHORT} epochs`,
      epochs: SHORT,
      seeded: false,
    }),
    contrastTrial(bench, {
      variant: "long",
      summary: "GMC, 16 epochs, learning rate along a cosine to 0",
      epochs: 16,
      schedule: "cosine",
      seeded: false,
    }),
  ];
}

/** Pictures at half and sound at a quarter of their size: the covariances stay small. */
function flatten({ trajectory, speech, ...pictures }: InstantInputs): InstantInputs {
  return {
    ...(trajectory !== undefined && { trajectory }),
    ...Object.fromEntries(Object.entries(pictures).map(([name, x]) => [name, meanPool(x, [2, 2])])),
    ...(speech !== undefined && { speech: meanPool(speech, [2, 4]) }),
  };
}
