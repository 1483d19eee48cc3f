import { mhdDigitsConfig } from "../../../../models/gmc/presets.ts";
import { gatherRows } from "../../../Examples.ts";
import { readMhdDigits } from "../../../sets/mhdDigits.ts";
import { dcaScores } from "../dcaScores.ts";
import type { GmcBench, GmcTask, InstantEmbeddings } from "../GmcTask.ts";
import { retrievalAt1 } from "../retrieval.ts";
import { accuracyOf } from "../scoreSubsets.ts";
import { type DigitTuples, digitTuples } from "./digitTuples.ts";
import { HANDS } from "./movePen.ts";
import { VOICES } from "./moveSpeech.ts";

/** How the digits are learned. */
export interface DigitsBenchOptions {
  /** Of the sound stack, see `mhdDigitsConfig`. */
  readonly normalization?: "batch" | "stream";
  /** Whether inputs are moved about in training, see `digitTuples`; true unless given. */
  readonly isMoved?: boolean;
}

/** The digits with the published stacks: batches of 64, Adam 1e-3. */
export function digitsBench(options: DigitsBenchOptions = {}): GmcBench {
  const { normalization = "batch", isMoved = true } = options;
  return {
    config: mhdDigitsConfig({ normalization }),
    classes: 10,
    batch: 64,
    rate: 1e-3,
    inputs: { speech: "spread", ...(isMoved && { hands: HANDS, voices: VOICES }) },
    load: async ({ data, split }): Promise<GmcTask> => {
      const train = digitTuples(await readMhdDigits(data, "train"));
      const test = digitTuples(await readMhdDigits(data, split));
      const known = new Set(train.speakers);
      return {
        train: isMoved ? train : { ...train, inputs: (rows) => train.inputs(rows) },
        test,
        further: (modality, predicted) =>
          modality === "speech"
            ? {
                "accuracy/speech-unseen": accuracyOf(
                  predicted,
                  test.labels,
                  (row) => !known.has(test.speakers[row] ?? -1),
                ),
              }
            : {},
        align: (embeddings, seed) => ({
          ...retrieval(embeddings, test),
          ...dcaScores(embeddings.joint, embeddings.modalities, seed),
        }),
      };
    },
  };
}

/** How often the picture of an act of writing is the nearest to its trajectory. */
function retrieval({ modalities }: InstantEmbeddings, test: DigitTuples): Record<string, number> {
  const { trajectory, "pen-image": picture } = modalities;
  if (trajectory === undefined || picture === undefined) return {};
  // A writing occurs in several tuples; each is asked for once.
  const first = new Map<number, number>();
  test.writings.forEach((writing, row) => {
    if (!first.has(writing)) first.set(writing, row);
  });
  const rows = [...first.values()];
  return {
    "retrieval/trajectory->pen-image": retrievalAt1(
      gatherRows(trajectory, rows),
      gatherRows(picture, rows),
    ),
  };
}
