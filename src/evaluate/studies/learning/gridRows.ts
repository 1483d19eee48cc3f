import type { FeatureExtractor } from "../../../features/FeatureExtractor.ts";
import { LipFrames } from "../../../features/LipFrames.ts";
import { LogMel } from "../../../features/LogMel.ts";
import type { UnifiedConfig } from "../../../models/unified/config.ts";
import type { Rng } from "../../../tensor/Rng.ts";
import { micros } from "../../../units.ts";
import { mixNoise } from "../../sets/babble.ts";
import { GRID_SAMPLES, type GridAv } from "../../sets/gridAv.ts";
import type { StreamRow } from "./StreamRow.ts";

/** Rows of a sentence, 40 ms each. */
export const SENTENCE_ROWS = 75;

const ROW_MS = 40;
const SAMPLES = GRID_SAMPLES / SENTENCE_ROWS;
const PIXELS = 20 * 28;

/** Four other voices under each sentence from one on. */
export interface BabbleFrom {
  /** Place of the first such sentence. */
  readonly sentence: number;
  readonly snrDb: number;
  readonly rng: Rng;
}

/** GRID sentences end to end, through the extractors of the live path: streams `audio` and `video`. */
export function gridRows(
  grid: GridAv,
  order: readonly number[],
  { classes, lookAheadRows }: Pick<UnifiedConfig, "classes" | "lookAheadRows">,
  babble?: BabbleFrom,
): readonly StreamRow[] {
  const labels = labelsOf(grid, order, lookAheadRows, classes);
  const [ear, eye] = [new LogMel(), new LipFrames()];
  return order.flatMap((sentence, place) => {
    const pcm =
      babble !== undefined && place >= babble.sentence
        ? mixNoise(grid.pcm, sentence, { kind: "babble", ...babble })
        : grid.pcm.slice(sentence * GRID_SAMPLES, (sentence + 1) * GRID_SAMPLES);
    return Array.from({ length: SENTENCE_ROWS }, (_, row): StreamRow => {
      const at = place * SENTENCE_ROWS + row;
      const sound = pcm.slice(row * SAMPLES, (row + 1) * SAMPLES);
      const from = (sentence * SENTENCE_ROWS + row) * PIXELS;
      const picture = Uint8Array.from(grid.mouth.data.subarray(from, from + PIXELS), (grey) =>
        Math.round(grey * 255),
      );
      return {
        inputs: {
          audio: featuresOf(ear, new Uint8Array(sound.buffer), at),
          video: featuresOf(eye, picture, at),
        },
        label: labels[at] ?? 0,
      };
    });
  });
}

function featuresOf(
  extractor: FeatureExtractor,
  payload: Uint8Array,
  row: number,
): Float32Array | undefined {
  const time = micros(row * ROW_MS * 1_000);
  const cell = { presence: "real", payload, frames: 1, originTime: time, age: micros(0) } as const;
  return extractor.push({ ...cell, arrivalTime: time }, time)?.slice();
}

/** Class of the instant that each row is about. */
function labelsOf(
  { words, vocabulary }: GridAv,
  order: readonly number[],
  lookAheadRows: number,
  classes: readonly string[],
): Int32Array {
  const labels = new Int32Array(order.length * SENTENCE_ROWS);
  const places = new Map(order.map((sentence, place) => [sentence, place]));
  for (const { sentence, word, fromMs, toMs } of words) {
    const place = places.get(sentence);
    const label = classes.indexOf(vocabulary[word] ?? "");
    if (place === undefined || label < 0) continue;
    for (let row = 0; row < SENTENCE_ROWS; row++)
      if (row * ROW_MS >= fromMs && row * ROW_MS < toMs) {
        const at = place * SENTENCE_ROWS + row + lookAheadRows;
        if (at < labels.length) labels[at] = label;
      }
  }
  return labels;
}
