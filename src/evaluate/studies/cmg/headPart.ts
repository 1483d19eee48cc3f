import type { TransferBench, TransferPart } from "./TransferBench.ts";
import type { HeadPart } from "./transferScores.ts";
import { wordBins } from "./wordBins.ts";

/** Labelled spans as a head sees them, from one vector per frame and modality. */
export function headPart(
  { bins, delay }: TransferBench,
  { clips, spans }: TransferPart,
  width: number,
  rows: Readonly<Record<string, Float32Array>>,
): HeadPart {
  return {
    labels: Int32Array.from(spans, ({ label }) => label),
    features: Object.fromEntries(
      Object.entries(rows).map(([name, each]) => [
        name,
        wordBins({ rows: each, frames: clips.frames, width }, spans, { bins, delay }),
      ]),
    ),
  };
}
