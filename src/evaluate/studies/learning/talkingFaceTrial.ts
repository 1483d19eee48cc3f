import { readFile } from "node:fs/promises";

import { ModelError } from "../../../errors.ts";
import type { FeatureExtractor } from "../../../features/FeatureExtractor.ts";
import { LipFrames } from "../../../features/LipFrames.ts";
import { LogMel } from "../../../features/LogMel.ts";
import { type DecodedWeights, decodeWeights } from "../../../models/unified/weights.ts";
import { Rng } from "../../../tensor/Rng.ts";
import { micros } from "../../../units.ts";
import type { Trial } from "../../Study.ts";
import { mixNoise } from "../../sets/babble.ts";
import { GRID_SAMPLES, type GridAv, readGridAv } from "../../sets/gridAv.ts";
import { frozenOn, learnOn, VARIANTS } from "./conditions.ts";
import { encodeRows } from "./encodeRows.ts";
import { accuracyOf } from "./playStream.ts";
import type { StreamRow } from "./utdClips.ts";

const SENTENCES = 90;
const ROW_MS = 40;
const ROWS = 75;
const SAMPLES = GRID_SAMPLES / ROWS;
const PIXELS = 20 * 28;
/** The sentence with which minute 2 begins, and how far the voices below it lie under the first, in dB. */
const BABBLE_FROM = 40;
const BABBLE_DB = -5;
/** The weights stay where they were committed, whether the sources or the build run. */
const WEIGHTS = new URL(
  "../../../../pipelines/talking-face/weights/talking-face.safetensors",
  import.meta.url.replace(/\/dist\/src\//, "/src/"),
);

/** New noise as it comes: the committed weights of `talking-face`, babble from minute 2 on. */
export const talkingFaceTrial: Trial = {
  variant: "",
  summary: "the committed weights, the learner as it ships and without its gate",
  config: { sentences: SENTENCES, from: BABBLE_FROM, decibels: BABBLE_DB, variants: VARIANTS },
  async run({ data, split, seed, threads, progress }) {
    const weights = decodeWeights(await readFile(WEIGHTS), "talking-face");
    const line = layLine(await readGridAv(data, split), weights, Rng.fromSeed(seed));
    const rows = await encodeRows(weights, line, threads);
    const from = BABBLE_FROM * ROWS;
    const metrics: Record<string, number> = {};
    const frozen = frozenOn(weights, rows, ["text"]);
    for (const [name, right] of Object.entries(frozen.right)) {
      metrics[`accuracy/${name}@clean,frozen`] = accuracyOf(right, 0, from);
      metrics[`accuracy/${name}@babble,frozen`] = accuracyOf(right, from);
    }
    for (const name of ["learning", "no-gate"]) {
      progress(name);
      const played = learnOn(weights, rows, ["text"], VARIANTS[name] ?? {}, { flipped: 0, seed });
      for (const [subset, right] of Object.entries(played.right))
        metrics[`gain/${subset}@babble,${name}`] =
          accuracyOf(right, from) - accuracyOf(frozen.right[subset], from);
      metrics[`versions/published@${name}`] = played.status.published;
      metrics[`versions/discarded@${name}`] = played.status.discarded;
    }
    return metrics;
  },
};

/** Sentences end to end, through the extractors of the live path. */
function layLine(grid: GridAv, { config }: DecodedWeights, rng: Rng): readonly StreamRow[] {
  if (grid.sentences < SENTENCES)
    throw new ModelError("learning", `expected ${SENTENCES} sentences, got ${grid.sentences}`);
  const order = rng
    .shuffle(Array.from({ length: grid.sentences }, (_, i) => i))
    .slice(0, SENTENCES);
  const labels = labelsOf(grid, order, config.lookAheadRows, config.classes);
  const [ear, eye] = [new LogMel(), new LipFrames()];
  return order.flatMap((sentence, place) => {
    const clean = grid.pcm.slice(sentence * GRID_SAMPLES, (sentence + 1) * GRID_SAMPLES);
    const pcm =
      place < BABBLE_FROM
        ? clean
        : mixNoise(grid.pcm, sentence, { kind: "babble", snrDb: BABBLE_DB, rng });
    return Array.from({ length: ROWS }, (_, row): StreamRow => {
      const at = place * ROWS + row;
      const sound = pcm.slice(row * SAMPLES, (row + 1) * SAMPLES);
      const from = (sentence * ROWS + row) * PIXELS;
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
  const labels = new Int32Array(order.length * ROWS);
  for (const { sentence, word, fromMs, toMs } of words) {
    const place = order.indexOf(sentence);
    const label = classes.indexOf(vocabulary[word] ?? "");
    if (place < 0 || label < 0) continue;
    for (let row = 0; row < ROWS; row++)
      if (row * ROW_MS >= fromMs && row * ROW_MS < toMs) {
        const at = place * ROWS + row + lookAheadRows;
        if (at < labels.length) labels[at] = label;
      }
  }
  return labels;
}
