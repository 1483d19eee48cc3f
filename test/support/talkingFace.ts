import definition from "../../pipelines/talking-face/pipeline.ts";
import type { FeedRequest } from "../../src/pipeline/Feed.ts";
import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import type { RunOptions } from "../../src/pipeline/RunOptions.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { SENSORS } from "./tinyPipeline.ts";

export interface TalkingFaceOptions extends Partial<RunOptions> {
  /** What to run on; the demo recording unless given. */
  readonly request?: Partial<FeedRequest>;
}

/** The talking-face pipeline with the committed weights, its sensors in processes of their own. */
export async function talkingFace({
  request,
  ...options
}: TalkingFaceOptions = {}): Promise<PipelineRun> {
  const feed = await definition.feed({ live: false, split: "dev", seed: 1, ...request });
  return startPipeline(definition, {
    feed,
    pace: "driven",
    loop: false,
    without: [],
    drops: [],
    answerWith: [],
    device: "cpu",
    threads: 1,
    seed: 1,
    sensors: SENSORS,
    ...options,
  });
}
