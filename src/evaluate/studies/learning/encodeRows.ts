import { createInference } from "../../../models/unified/inference.ts";
import type { UnifiedWeights } from "../../../models/unified/weights.ts";
import type { KnownRow } from "./StreamAnswers.ts";
import type { StreamRow } from "./StreamRow.ts";

/** What the head reads of each row of a stream, as one continuous stream. */
export async function encodeRows(
  weights: UnifiedWeights,
  rows: readonly StreamRow[],
  threads: number,
): Promise<readonly KnownRow[]> {
  await using inference = await createInference(weights, { threads });
  let state = inference.initialState();
  const known: KnownRow[] = [];
  for (const { inputs, label } of rows) {
    const step = await inference.step(inputs, state);
    state = step.state;
    known.push({ features: step.features, label });
  }
  return known;
}
