import { type Micros, millis, type UnifiedConfig } from "../../../src/training.ts";
import { VOCABULARY } from "../corpus/grammar.ts";
import {
  MOUTH_COLUMNS,
  MOUTH_PIXELS,
  MOUTH_ROWS,
  ROW_MS,
  type SpeechClip,
} from "../corpus/SpeechClip.ts";

/** How far back the answers of `talking-face` lie. */
export const LOOK_AHEAD = millis(120);

/**
 * The live model of this pipeline: 1.2 s of past per stream.
 *
 * @param prior [classes] shares, as `priorOf` gives.
 * @param lookAhead How far back the answers lie; whole rows.
 */
export function modelConfig(
  prior: readonly number[],
  lookAhead: Micros = LOOK_AHEAD,
): UnifiedConfig {
  return {
    streams: [
      { name: "audio", size: 160, front: { kind: "vector" }, dilations: [1, 2, 4, 8] },
      {
        name: "video",
        size: 3 * MOUTH_PIXELS,
        front: {
          kind: "image",
          channels: 3,
          rows: MOUTH_ROWS,
          columns: MOUTH_COLUMNS,
          patch: 4,
          filters: 64,
        },
        dilations: [1, 2, 4, 8],
      },
      { name: "text", size: 64, front: { kind: "vector" }, dilations: [] },
    ],
    classes: VOCABULARY,
    prior,
    width: 128,
    codeDim: 64,
    codes: 512,
    specific: 128,
    embedding: 64,
    jointDilations: [1, 2, 4],
    lookAheadRows: lookAhead / (ROW_MS * 1_000),
    rowMicros: ROW_MS * 1_000,
    fusion: { sharpness: 8, smoothingRows: 12.5 },
  };
}

/**
 * How often each word is being said at an instant of a line of these clips.
 *
 * @param gapMs Mean silence between two clips.
 * @returns [classes] shares, silence first; every word has at least a thousandth of the speech.
 */
export function priorOf(clips: readonly SpeechClip[], gapMs = 750): number[] {
  const said = new Map<string, number>();
  let totalMs = 0;
  for (const { words, durationMs } of clips) {
    totalMs += durationMs + gapMs;
    for (const { label, fromMs, toMs } of words)
      said.set(label, (said.get(label) ?? 0) + toMs - fromMs);
  }
  const shares = VOCABULARY.slice(1).map((word) =>
    Math.max((said.get(word) ?? 0) / Math.max(totalMs, 1), 1e-3 / VOCABULARY.length),
  );
  const spoken = shares.reduce((sum, share) => sum + share, 0);
  return [1 - spoken, ...shares];
}
