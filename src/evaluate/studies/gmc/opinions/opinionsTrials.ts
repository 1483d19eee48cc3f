import type { Trial } from "../../../Study.ts";
import { ccaTrial } from "../trials/ccaTrial.ts";
import { contrastTrial } from "../trials/contrastTrial.ts";
import { infoncePairsTrial } from "../trials/infoncePairsTrial.ts";
import { jointNetworkTrial } from "../trials/jointNetworkTrial.ts";
import { separateTrial } from "../trials/separateTrial.ts";
import { opinionsBench } from "./opinionsBench.ts";

/** Passes over 1447 utterances; more only fits what the features already know of the training videos. */
const EPOCHS = 10;

/** All that is tried on opinions, the method first. */
export function opinionsTrials(): readonly Trial[] {
  const schedule = "cosine" as const;
  const shared = { epochs: EPOCHS, schedule, weightDecay: 0.01 };
  return [
    contrastTrial(opinionsBench, {
      ...shared,
      variant: "",
      summary:
        "GMC with the head on the joint's embeddings alone, as the paper has it for sentiment",
      labels: "joint",
    }),
    contrastTrial(opinionsBench, {
      ...shared,
      variant: "no-contrast",
      summary: "the same without the contrast",
      labels: "joint",
      contrast: 0,
    }),
    contrastTrial(opinionsBench, {
      ...shared,
      variant: "labels-on-all",
      summary: "GMC with the head on every embedding",
      labels: "all",
    }),
    separateTrial(opinionsBench, {
      variant: "late-fusion",
      summary: "encoders with labels and heads of their own, log-probabilities added",
      epochs: EPOCHS,
      schedule,
    }),
    jointNetworkTrial(opinionsBench, {
      variant: "zero-fill",
      summary: "joint network with labels, missing inputs as zeros",
      epochs: EPOCHS,
      schedule,
      subsets: "all",
    }),
    jointNetworkTrial(opinionsBench, {
      variant: "all-subsets",
      summary: "joint network with labels and modality dropout",
      epochs: EPOCHS,
      schedule,
      subsets: "random",
    }),
    infoncePairsTrial(opinionsBench, EPOCHS),
    ccaTrial(opinionsBench, { instants: 1447, components: 40, flatten: (inputs) => inputs }),
  ];
}
