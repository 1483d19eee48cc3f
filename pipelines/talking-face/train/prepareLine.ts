import { drawOutages, type Rng, type RowFeatures, type RowLine } from "../../../src/training.ts";
import { ROW_MS, type SpeechClip } from "../corpus/SpeechClip.ts";
import { augmentMouth } from "./augmentMouth.ts";
import { augmentSound } from "./augmentSound.ts";
import { type Line, labelsOf, layLine, placeClips } from "./Line.ts";
import { lineFeatures, type StreamName } from "./lineFeatures.ts";
import type { NoiseTable } from "./NoiseTable.ts";

/** A line as the model meets it. */
export interface PreparedLine extends RowLine {
  readonly streams: Readonly<Record<StreamName, RowFeatures>>;
}

/** Names of the classes and how far back the answers lie. */
export interface LineTarget {
  readonly classes: readonly string[];
  readonly lookAheadRows: number;
}

/**
 * One line of training: clips in the given order, every one varied anew, with silences and outages.
 *
 * @param voices Sound to mix babble from; the clip itself may be among them.
 */
export function prepareTrainingLine(
  clips: readonly SpeechClip[],
  voices: readonly Int16Array[],
  rng: Rng,
  noise: NoiseTable,
  target: LineTarget,
): PreparedLine {
  const random = (): number => rng.uniform();
  // A camera of its own clock on one line in three; else its pictures come with the rows.
  const stepMs = random() < 1 / 3 ? 1 : ROW_MS;
  const placed = placeClips(clips, random, { stepMs }).map((clip) => ({
    ...clip,
    pcm: augmentSound(clip.pcm, voices, random, noise),
    mouth: augmentMouth(clip.mouth, random),
  }));
  // From a dead-quiet line input to a fan beside the microphone.
  const roomNoise = 10 ** (-1.5 - 2.5 * random());
  const line = layLine(placed, rng, noise, {
    roomNoise,
    roomColour: 0.9 * random(),
    ownBackground: 0.6,
  });
  const outages = {
    audio: drawOutages(line.rows, random),
    video: drawOutages(line.rows, random),
  };
  return prepareLine(line, target, outages);
}

/** A line as it is, through the live extractors. */
export function prepareLine(
  line: Line,
  { classes, lookAheadRows }: LineTarget,
  outages: Parameters<typeof lineFeatures>[1] = {},
): PreparedLine {
  const lookAheadMs = lookAheadRows * ROW_MS;
  return {
    rows: line.rows,
    streams: lineFeatures(line, outages, lookAheadMs),
    labels: labelsOf(line, classes, lookAheadMs),
  };
}
