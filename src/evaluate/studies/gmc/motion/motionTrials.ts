import { hostTensor } from "../../../../tensor/HostTensor.ts";
import type { Trial } from "../../../Study.ts";
import type { InstantInputs } from "../GmcTask.ts";
import { meanPool } from "../meanPool.ts";
import { ccaTrial } from "../trials/ccaTrial.ts";
import { contrastTrial } from "../trials/contrastTrial.ts";
import { infoncePairsTrial } from "../trials/infoncePairsTrial.ts";
import { jointNetworkTrial } from "../trials/jointNetworkTrial.ts";
import { missingTrial } from "../trials/missingTrial.ts";
import { separateTrial } from "../trials/separateTrial.ts";
import { motionBench } from "./motionBench.ts";

const EPOCHS = 60;
/** Weight of the contrast beside the labels' loss. */
const CONTRAST = 0.2;

/** Chance that a modality of a training clip is missing, where some are. */
const MISSING = 0.4;

/** All that is tried on motion clips, the method first. */
export function motionTrials(): readonly Trial[] {
  const schedule = "cosine" as const;
  const shared = { epochs: EPOCHS, schedule, weightDecay: 0.01 };
  return [
    contrastTrial(motionBench, {
      ...shared,
      variant: "",
      summary: "GMC with one head of labels on the embeddings of the joint and of every modality",
      labels: "all",
      contrast: CONTRAST,
    }),
    contrastTrial(motionBench, {
      ...shared,
      variant: "joint-labels",
      summary:
        "GMC with the head on the joint's embeddings alone, as the paper has it for sentiment",
      labels: "joint",
    }),
    contrastTrial(motionBench, {
      ...shared,
      variant: "unsupervised",
      summary: "contrast alone, then a classifier of the joint's embeddings",
    }),
    contrastTrial(motionBench, {
      ...shared,
      variant: "no-contrast",
      summary: "the same head on every embedding, without the contrast",
      labels: "all",
      contrast: 0,
    }),
    separateTrial(motionBench, {
      variant: "late-fusion",
      summary: "encoders with labels and heads of their own, log-probabilities added",
      epochs: EPOCHS,
      schedule,
    }),
    jointNetworkTrial(motionBench, {
      variant: "zero-fill",
      summary: "joint network with labels, missing inputs as zeros",
      epochs: EPOCHS,
      schedule,
      subsets: "all",
    }),
    jointNetworkTrial(motionBench, {
      variant: "all-subsets",
      summary: "joint network with labels and modality dropout",
      epochs: EPOCHS,
      schedule,
      subsets: "random",
    }),
    missingTrial(motionBench, {
      variant: "missing-skip",
      summary: "each modality missing from 4 in 10 training clips; incomplete clips left out",
      epochs: EPOCHS,
      missing: MISSING,
      incomplete: "skip",
    }),
    missingTrial(motionBench, {
      variant: "missing-teacher",
      summary: "the same; what is there of incomplete clips is trained towards a slow teacher",
      epochs: EPOCHS,
      missing: MISSING,
      incomplete: { teacherDecay: 0.98 },
    }),
    infoncePairsTrial(motionBench, EPOCHS),
    ccaTrial(motionBench, { instants: 431, components: 60, flatten }),
  ];
}

/** Clips at a few rows each: 16 of inertial, 8 of skeleton, 4 coarse pictures. */
function flatten({ inertial, skeleton, depth }: InstantInputs): InstantInputs {
  const [N = 0, T = 0, H = 0, W = 0, C = 0] = depth?.shape ?? [];
  return {
    ...(inertial !== undefined && { inertial: meanPool(inertial, [4, 1]) }),
    ...(skeleton !== undefined && { skeleton: meanPool(skeleton, [4, 1]) }),
    ...(depth !== undefined && {
      depth: meanPool(
        hostTensor(meanPool(hostTensor(depth.data, [N * T, H, W, C]), [3, 2]).data, [
          N,
          T,
          1,
          (H / 3) * (W / 2) * C,
        ]),
        [2, 1],
      ),
    }),
  };
}
