/** The thread that learns, so that neither the pipeline nor the model ever waits for a step. */
import { parentPort } from "node:worker_threads";

import { ConfigError } from "../errors.ts";
import { OnlineLearner } from "../learn/online/OnlineLearner.ts";
import { trainedPart } from "../models/unified/adapted.ts";
import { decodeWeights } from "../models/unified/weights.ts";
import type { FromLearner, ToLearner } from "./learnerMessages.ts";

const port = parentPort;
if (port === null) throw new ConfigError("learner worker", "expected to run as a worker thread");

let learner: OnlineLearner | undefined;

function tell(message: FromLearner): void {
  port?.postMessage(message);
}

function handle(message: ToLearner): void {
  if (message.type === "close") {
    port?.close();
    return;
  }
  if (message.type === "open") {
    const weights = decodeWeights(message.weights, message.name);
    const { ignored, online, state } = message;
    learner = new OnlineLearner({
      config: weights.config,
      base: weights.version,
      trained: trainedPart(weights),
      ignored,
      online,
    });
    if (state !== undefined) learner.restore(state);
    tell({ type: "ready" });
    return;
  }
  if (learner === undefined)
    throw new ConfigError("learner worker", "expected to be opened before the first row");
  if (message.type === "capture") tell({ type: "state", state: learner.snapshot() });
  else {
    const decisions = learner.push(message.input);
    tell({ type: "handled", decisions, status: learner.status });
  }
}

port.on("message", (message: ToLearner) => {
  try {
    handle(message);
  } catch (cause) {
    tell({ type: "failed", problem: cause instanceof Error ? cause.message : String(cause) });
  }
});
