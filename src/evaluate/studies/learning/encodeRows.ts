import {
  createInference,
  type RowInputs,
  type RowOutputs,
} from "../../../models/unified/inference.ts";
import type { UnifiedWeights } from "../../../models/unified/weights.ts";
import { StreamWatch } from "../../../robustness/StreamWatch.ts";
import { micros } from "../../../units.ts";
import type { KnownRow } from "./StreamAnswers.ts";
import type { StreamRow } from "./StreamRow.ts";

/** Position of the class that is no event. */
const SILENCE = 0;

/**
 * What the head reads of each row of a stream, as one continuous stream, and whom a pipeline's watch would not
 * believe in it, by what the weights as trained answer.
 *
 * @param ignored Streams that are not watched: those that contain the answer.
 */
export async function encodeRows(
  weights: UnifiedWeights,
  rows: readonly StreamRow[],
  threads: number,
  ignored: readonly string[] = [],
): Promise<readonly KnownRow[]> {
  const { streams, rowMicros } = weights.config;
  await using inference = await createInference(weights, { threads });
  const names = streams.map(({ name }) => name).filter((name) => !ignored.includes(name));
  const watch = new StreamWatch(Object.fromEntries(names.map((name) => [name, "f32"])), SILENCE);
  let state = inference.initialState();
  const known: KnownRow[] = [];
  for (const [at, { inputs, label }] of rows.entries()) {
    const { state: next, outputs, features } = await inference.step(inputs, state);
    state = next;
    const doubts = watch.push(watched(micros(at * rowMicros), inputs, outputs));
    known.push({ features, label, doubted: doubts.map(({ stream }) => stream) });
  }
  return known;
}

/** A row as the watch needs it; there are no frames, so a flat line or a frozen picture is not seen. */
function watched(time: ReturnType<typeof micros>, inputs: RowInputs, outputs: RowOutputs) {
  const reading = { id: "", site: "", time, labelTime: time, model: "", presence: {}, ...outputs };
  return { time, cells: {}, inputs, reading };
}
