import {
  CaptionGrams,
  type Cell,
  type FeatureExtractor,
  LipFrames,
  LogMel,
  micros,
  type RowFeatures,
} from "../../../src/training.ts";
import { MOUTH_PIXELS, ROW_MS, ROW_SAMPLES } from "../corpus/SpeechClip.ts";
import type { Line, Random } from "./Line.ts";

/** Rows [from, to) in which a sensor gives nothing. */
export interface Outage {
  readonly from: number;
  readonly to: number;
}

/** The streams of this pipeline. */
export type StreamName = "audio" | "video" | "text";

/**
 * Runs the live extractors over a line, row by row, outages as missing cells.
 *
 * The very code of the live path: a second, faster way to compute features would be a second model.
 *
 * @param lookAheadMs How far back the answer of a row lies; the text must speak about that instant.
 */
export function lineFeatures(
  line: Line,
  outages: Readonly<Partial<Record<StreamName, readonly Outage[]>>>,
  lookAheadMs: number,
): Record<StreamName, RowFeatures> {
  const sound = new Uint8Array(line.pcm.buffer, line.pcm.byteOffset, line.pcm.byteLength);
  const rowBytes = 2 * ROW_SAMPLES;
  let word = 0;
  return {
    audio: run(new LogMel(), line.rows, outages.audio, (row) =>
      row === 0 ? undefined : sound.subarray((row - 1) * rowBytes, row * rowBytes),
    ),
    video: run(new LipFrames(), line.rows, outages.video, (row) =>
      line.mouth.subarray(row * MOUTH_PIXELS, (row + 1) * MOUTH_PIXELS),
    ),
    text: run(
      new CaptionGrams({ lookAhead: micros(lookAheadMs * 1_000) }),
      line.rows,
      outages.text,
      (row) => {
        const next = line.words[word];
        if (next === undefined || next.fromMs > row * ROW_MS) return undefined;
        word++;
        return new TextEncoder().encode(
          JSON.stringify({ text: next.label, duration: (next.toMs - next.fromMs) * 1_000 }),
        );
      },
      (row) => micros((line.words[word - 1]?.fromMs ?? row * ROW_MS) * 1_000),
    ),
  };
}

/**
 * Draws outages: about one in `everyRows` rows starts one, of 1 to `longest` rows.
 */
export function drawOutages(
  rows: number,
  random: Random,
  { everyRows = 250, longest = 40 }: { everyRows?: number; longest?: number } = {},
): Outage[] {
  const outages: Outage[] = [];
  for (let at = 0; ; ) {
    const from = at + 1 + Math.floor(-Math.log(1 - random()) * everyRows);
    if (from >= rows) return outages;
    // Squared: a few lost rows are the rule, more than a second the exception.
    const to = Math.min(from + 1 + Math.floor(random() ** 2 * longest), rows);
    outages.push({ from, to });
    at = to;
  }
}

function run(
  extractor: FeatureExtractor,
  rows: number,
  outages: readonly Outage[] = [],
  payloadAt: (row: number) => Uint8Array | undefined,
  originAt: (row: number) => ReturnType<typeof micros> = (row) => micros(row * ROW_MS * 1_000),
): RowFeatures {
  const { size } = extractor;
  const x = new Float32Array(rows * size);
  const present = new Float32Array(rows);
  const gone = new Uint8Array(rows);
  for (const { from, to } of outages) gone.fill(1, from, to);
  for (let row = 0; row < rows; row++) {
    const time = micros(row * ROW_MS * 1_000);
    const payload = payloadAt(row);
    const cell: Cell =
      payload === undefined || gone[row] === 1
        ? { presence: "missing", reason: "gap" }
        : {
            presence: "real",
            payload,
            frames: 1,
            originTime: originAt(row),
            age: micros(0),
            arrivalTime: time,
          };
    const features = extractor.push(cell, time);
    if (features === undefined) continue;
    x.set(features, row * size);
    present[row] = 1;
  }
  return { size, x, present };
}
