/**
 * The thread that computes. `session.run` blocks the thread it is called on, so the pipeline's own
 * thread never runs a model.
 */
import { parentPort } from "node:worker_threads";

import { ConfigError } from "../errors.ts";
import { type AdaptedPart, checkAdapted } from "../models/unified/adapted.ts";
import {
  createInference,
  type Inference,
  type InferenceState,
  type RowFeatures,
  type RowInputs,
  type RowOutputs,
} from "../models/unified/inference.ts";
import { decodeWeights } from "../models/unified/weights.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { OnnxExtractor } from "./OnnxExtractor.ts";
import { soundStep } from "./soundStep.ts";
import { untrained } from "./untrained.ts";

/** Rows between two states sent to the host: what a new worker has to compute again at most. */
const ROWS_PER_STATE = 25;

const port = parentPort;
if (port === null) throw new ConfigError("stage worker", "expected to run as a worker thread");

/** What a model without weights carries from row to row. */
const NOTHING_KNOWN: InferenceState = { arrays: new Map() };

let inference: Inference | undefined;
let state: InferenceState | undefined;
let part: AdaptedPart | undefined;
let givesFeatures = false;
const extractors = new Map<string, OnnxExtractor>();
/** Rows are answered strictly one after the other: each needs the state that the one before left. */
let turn: Promise<void> = Promise.resolve();
/** Whether no row is to be answered any more: it is to close, or failed, and what follows would lack a row. */
let isOver = false;

function tell(message: FromWorker): void {
  port?.postMessage(message);
}

async function handle(message: ToWorker): Promise<void> {
  if (message.type === "close") {
    await inference?.[Symbol.asyncDispose]();
    for (const extractor of extractors.values()) await extractor[Symbol.asyncDispose]();
    port?.close();
    return;
  }
  if (isOver) return;
  if (message.type === "open" && message.weights === undefined) {
    state = NOTHING_KNOWN;
    tell({ type: "ready", ...untrained(message.name) });
    return;
  }
  if (message.type === "open" && message.weights !== undefined) {
    const weights = decodeWeights(message.weights, message.name);
    for (const [stream, bytes] of Object.entries(message.extractors))
      extractors.set(stream, await OnnxExtractor.open(stream, bytes));
    inference = await createInference(weights, {
      device: message.device,
      threads: message.threads,
    });
    state = message.state ?? inference.initialState();
    part = message.part && checkAdapted(message.part, inference.config);
    givesFeatures = message.features;
    const { classes, prior, lookAheadRows, rowMicros } = inference.config;
    tell({
      type: "ready",
      model: weights.version,
      trained: true,
      device: inference.device,
      classes,
      prior,
      lookAhead: lookAheadRows * rowMicros,
      codes: inference.config.codes,
      config: inference.config,
    });
    return;
  }
  if (message.type === "open" || state === undefined)
    throw new ConfigError("stage worker", "expected to be opened before the first row");
  if (message.type === "serve") {
    if (inference === undefined)
      throw new ConfigError("stage worker", "expected trained weights to change, got none");
    part = message.part && checkAdapted(message.part, inference.config);
    return;
  }
  if (message.type === "restore") {
    state = message.state;
    return;
  }
  if (message.type === "capture") {
    tell({ type: "state", index: message.index, state });
    return;
  }
  const step = await stepOf(await extracted(message.inputs), state);
  state = step.state;
  const { outputs, features, unusable = [] } = step;
  tell({
    type: "answer",
    index: message.index,
    outputs,
    ...(givesFeatures && features !== undefined && { features }),
    ...(unusable.length > 0 && { unusable }),
  });
  if (message.index % ROWS_PER_STATE === ROWS_PER_STATE - 1)
    tell({ type: "state", index: message.index, state });
}

/** One row's answer, and the state after it; without weights no answer at all. */
async function stepOf(
  inputs: RowInputs,
  before: InferenceState,
): Promise<{
  readonly outputs: RowOutputs;
  readonly state: InferenceState;
  readonly features?: RowFeatures;
  readonly unusable?: readonly string[];
}> {
  if (inference !== undefined) {
    const { step, unusable } = await soundStep(inference, inputs, before, part);
    return { ...step, unusable };
  }
  return {
    outputs: { streams: {}, logProbabilities: new Float32Array(0), subsets: [] },
    state: before,
  };
}

/** The row as the model sees it. */
async function extracted(inputs: RowInputs): Promise<RowInputs> {
  if (extractors.size === 0) return inputs;
  const row: Record<string, Float32Array | undefined> = { ...inputs };
  for (const [stream, extractor] of extractors) {
    const features = row[stream];
    if (features !== undefined) row[stream] = await extractor.extract(features);
  }
  return row;
}

port.on("message", (message: ToWorker) => {
  if (message.type === "close") isOver = true;
  turn = turn
    .then(() => handle(message))
    .catch((cause: unknown) => {
      isOver = true;
      tell({ type: "failed", problem: cause instanceof Error ? cause.message : String(cause) });
    });
});
