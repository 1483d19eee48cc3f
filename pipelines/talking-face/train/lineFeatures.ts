import {
  CaptionGrams,
  type Cell,
  type FeatureExtractor,
  LipFrames,
  LogMel,
  micros,
  type Outage,
  type RowFeatures,
} from "../../../src/training.ts";
import { MOUTH_PIXELS, ROW_MS, ROW_SAMPLES } from "../corpus/SpeechClip.ts";
import type { Line } from "./Line.ts";

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
