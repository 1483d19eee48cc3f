import { millis } from "../../../src/training.ts";
import {
  type TrainOptions,
  type TrainReport,
  train as trainTalkingFace,
} from "../../talking-face/train/train.ts";

/** Trains the talking-face model to answer at once; see there. */
export function train(options: Omit<TrainOptions, "pipeline" | "lookAhead">): Promise<TrainReport> {
  return trainTalkingFace({ ...options, pipeline: "talking-face-now", lookAhead: millis(0) });
}
