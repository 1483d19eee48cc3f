import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";

import { ONLINE_DEFAULTS } from "../../src/learn/online/OnlineOptions.ts";
import { Learner, type LearnerOptions } from "../../src/stage/Learner.ts";
import { spawnWorker } from "../../src/stage/spawnWorker.ts";
import { tinyWeights } from "../support/tinyModel.ts";

const OPTIONS: LearnerOptions = {
  name: "tiny",
  weights: tinyWeights(),
  ignored: [],
  online: ONLINE_DEFAULTS,
  capacity: 8,
};
/** Where the workers' sources are. */
const STAGE = new URL("../../src/stage/Learner.ts", import.meta.url).href;

describe("Learner", () => {
  it("leaves no thread behind where its weights are none", async () => {
    let worker: Worker | undefined;
    const spawn = (): Worker => {
      worker = spawnWorker(STAGE, "learnerWorker");
      return worker;
    };
    const weights = new Uint8Array(9);
    await expect(Learner.open({ ...OPTIONS, weights, spawn })).rejects.toThrow("Learner: ");
    if (worker === undefined || worker.threadId < 0) return;
    await once(worker, "exit");
  });
});
