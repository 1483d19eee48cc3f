import type { Trial } from "../../../Study.ts";
import { ccaDigitsTrial } from "./ccaTrial.ts";
import { gmcDigitsTrial } from "./gmcTrial.ts";
import { infoncePairsTrial } from "./infoncePairsTrial.ts";
import { jointNetworkTrial } from "./jointNetworkTrial.ts";
import { separateTrial } from "./separateTrial.ts";

/** Epochs of the variants: a quarter of the method's, so that all together stay near its cost. */
const SHORT = 2;

/** All that is tried on the digits, the method first. */
export function digitsTrials(): readonly Trial[] {
  return [
    gmcDigitsTrial({ variant: "", summary: "GMC as published, 8 epochs", epochs: 8 }),
    gmcDigitsTrial({
      variant: "short",
      summary: `GMC as published, ${SHORT} epochs: what the variants below compare with`,
      epochs: SHORT,
    }),
    jointNetworkTrial({
      variant: "zero-fill",
      summary: `joint network with labels, missing inputs as zeros, ${SHORT} epochs`,
      epochs: SHORT,
      subsets: "all",
    }),
    jointNetworkTrial({
      variant: "all-subsets",
      summary: `joint network with labels and modality dropout, ${SHORT} epochs`,
      epochs: SHORT,
      subsets: "random",
    }),
    separateTrial({
      variant: "late-fusion",
      summary: `encoders with labels and heads of their own, log-probabilities added, ${SHORT} epochs`,
      epochs: SHORT,
      measures: "late-fusion",
    }),
    separateTrial({
      variant: "no-contrast",
      summary: `the same network with labels in place of the contrast, ${SHORT} epochs`,
      epochs: SHORT,
      measures: "alignment",
    }),
    ccaDigitsTrial,
    infoncePairsTrial(SHORT),
    gmcDigitsTrial({
      variant: "paper",
      summary: `the loss as the paper prints it, ${SHORT} epochs`,
      epochs: SHORT,
      form: "paper",
    }),
    gmcDigitsTrial({
      variant: "ablation",
      summary: `the ablated loss, joints alone as negatives, ${SHORT} epochs`,
      epochs: SHORT,
      form: "ablation",
    }),
    gmcDigitsTrial({
      variant: "two-modalities",
      summary: `trajectory and pen image alone, ${SHORT} epochs`,
      epochs: SHORT,
      modalities: ["trajectory", "pen-image"],
    }),
    gmcDigitsTrial({
      variant: "stream",
      summary: `group in place of batch normalisation, ${SHORT} epochs`,
      epochs: SHORT,
      normalization: "stream",
    }),
    gmcDigitsTrial({
      variant: "long",
      summary: "GMC, 20 epochs, learning rate along a cosine to 0; one seed",
      epochs: 20,
      schedule: "cosine",
      seeded: false,
    }),
  ];
}
