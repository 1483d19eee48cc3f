import type { Trial } from "../../../Study.ts";
import type { InstantInputs } from "../GmcTask.ts";
import { meanPool } from "../meanPool.ts";
import { ccaTrial } from "../trials/ccaTrial.ts";
import { contrastTrial } from "../trials/contrastTrial.ts";
import { infoncePairsTrial } from "../trials/infoncePairsTrial.ts";
import { jointNetworkTrial } from "../trials/jointNetworkTrial.ts";
import { separateTrial } from "../trials/separateTrial.ts";
import { digitsBench } from "./digitsBench.ts";

/** Epochs of the method and of the baselines that are named beside it: 2,496 steps of 64 tuples. */
const EPOCHS = 8;
/** Epochs of the other variants, a quarter of the method's; they compare with `short`. */
const SHORT = 2;

/**
 * Steps over which the rate of a contrast rises. At the full rate from the start every embedding falls into one
 * point within five steps and the loss stays at its collapse, 4 ln 127, for a while; with the rise it does not.
 */
const WARMUP = 100;

/** All that is tried on the digits, the method first. One seed of the variants: each takes minutes. */
export function digitsTrials(): readonly Trial[] {
  const bench = digitsBench();
  const once = { seeded: false } as const;
  const long = { epochs: EPOCHS, schedule: "cosine" } as const;
  return [
    contrastTrial(bench, {
      ...long,
      warmup: WARMUP,
      variant: "",
      summary: `GMC, ${EPOCHS} epochs, digits as other people might have written and spoken them, rate along a cosine`,
    }),
    jointNetworkTrial(bench, {
      ...long,
      ...once,
      variant: "zero-fill",
      summary: "joint network with labels, missing inputs as zeros; as long as the method",
      subsets: "all",
    }),
    jointNetworkTrial(bench, {
      ...long,
      ...once,
      variant: "all-subsets",
      summary: "joint network with labels and modality dropout; as long as the method",
      subsets: "random",
    }),
    ccaTrial(bench, { instants: 5000, components: 60, flatten }),
    contrastTrial(bench, {
      ...once,
      warmup: WARMUP,
      variant: "short",
      summary: `GMC, ${SHORT} epochs at a constant rate: what the variants below compare with`,
      epochs: SHORT,
    }),
    separateTrial(bench, {
      ...once,
      variant: "late-fusion",
      summary: `the same network with labels and a head for each encoder in place of the contrast, log-probabilities added, ${SHORT} epochs`,
      epochs: SHORT,
    }),
    infoncePairsTrial(bench, SHORT, { ...once, warmup: WARMUP }),
    contrastTrial(bench, {
      ...once,
      warmup: WARMUP,
      variant: "paper",
      summary: `the loss as the paper prints it, ${SHORT} epochs`,
      epochs: SHORT,
      form: "paper",
    }),
    contrastTrial(bench, {
      ...once,
      warmup: WARMUP,
      variant: "ablation",
      summary: `the ablated loss, joints alone as negatives, ${SHORT} epochs`,
      epochs: SHORT,
      form: "ablation",
    }),
    contrastTrial(bench, {
      ...once,
      warmup: WARMUP,
      variant: "two-modalities",
      summary: `trajectory and pen image alone, ${SHORT} epochs`,
      epochs: SHORT,
      modalities: ["trajectory", "pen-image"],
    }),
    contrastTrial(digitsBench({ normalization: "stream" }), {
      ...once,
      warmup: WARMUP,
      variant: "stream",
      summary: `group in place of batch normalisation, ${SHORT} epochs`,
      epochs: SHORT,
      onRequest: true,
    }),
    contrastTrial(digitsBench({ isMoved: false }), {
      ...once,
      variant: "published",
      summary: `GMC as published: ${EPOCHS} epochs at a constant rate, inputs as they are`,
      epochs: EPOCHS,
      onRequest: true,
    }),
    contrastTrial(bench, {
      ...once,
      warmup: WARMUP,
      variant: "long",
      summary: "GMC, 16 epochs, otherwise as the method",
      epochs: 16,
      schedule: "cosine",
      onRequest: true,
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
