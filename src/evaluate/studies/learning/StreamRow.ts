import type { RowInputs } from "../../../models/unified/inference.ts";

/** What is sensed in one row, and what is true of the instant that its answer is about. */
export interface StreamRow {
  readonly inputs: RowInputs;
  /** Index of the class. */
  readonly label: number;
}

/** The stream with one sensor changed from row `from` on until `to`. */
export function tamper(
  rows: readonly StreamRow[],
  stream: string,
  { from, to }: { readonly from: number; readonly to: number },
  change: (features: Float32Array) => Float32Array | undefined,
): readonly StreamRow[] {
  return rows.map((row, at) => {
    const features = row.inputs[stream];
    if (at < from || at >= to || features === undefined) return row;
    return { ...row, inputs: { ...row.inputs, [stream]: change(features) } };
  });
}
