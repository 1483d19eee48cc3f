import { describe, expect, it } from "vitest";

import { VOCABULARY } from "../../pipelines/talking-face/corpus/grammar.ts";
import {
  MOUTH_PIXELS,
  ROW_SAMPLES,
  type SpeechClip,
} from "../../pipelines/talking-face/corpus/SpeechClip.ts";
import { augmentMouth } from "../../pipelines/talking-face/train/augmentMouth.ts";
import { addScaled, augmentSound, power } from "../../pipelines/talking-face/train/augmentSound.ts";
import { labelsOf, layLine, placeClips } from "../../pipelines/talking-face/train/Line.ts";
import { lineFeatures } from "../../pipelines/talking-face/train/lineFeatures.ts";
import { modelConfig, priorOf } from "../../pipelines/talking-face/train/modelConfig.ts";
import { NoiseTable } from "../../pipelines/talking-face/train/NoiseTable.ts";
import { prepareLine } from "../../pipelines/talking-face/train/prepareLine.ts";
import { logMelOf } from "../../src/features/LogMel.ts";
import { cutStretches, drawMasks, fillBatch } from "../../src/learn/rows/stretches.ts";
import { Rng } from "../../src/tensor/Rng.ts";

const rng = Rng.fromSeed(31);
const random = (): number => rng.uniform();
const noise = new NoiseTable(random);

function clip(at: number): SpeechClip {
  return {
    name: `clip/${at}`,
    speaker: "test",
    pcm: Int16Array.from({ length: 16_000 }, (_, i) => 8_000 * Math.sin(i * 0.05 * (at + 1))),
    mouth: Uint8Array.from(
      { length: 25 * MOUTH_PIXELS },
      (_, i) =>
        // Every picture has its own grey, so that rows can be told apart.
        10 * at + Math.floor(i / MOUTH_PIXELS),
    ),
    words: [
      { label: "bin", slot: "command", fromMs: 200, toMs: 400 },
      { label: "two", slot: "digit", fromMs: 400, toMs: 620 },
    ],
    durationMs: 1_000,
  };
}

const CLIPS = [clip(0), clip(1), clip(2)];

describe("a training line", () => {
  const placed = placeClips(CLIPS, random);
  const line = layLine(placed, rng, noise);

  it("puts clips on the rows, in order, apart, no further than the longest gap", () => {
    let end = 0;
    for (const { startMs, durationMs } of placed) {
      expect(startMs % 40).toBe(0);
      expect(startMs).toBeGreaterThanOrEqual(end);
      expect(startMs - end).toBeLessThanOrEqual(1_540);
      end = startMs + durationMs;
    }
  });

  it("holds each clip's sound and pictures unchanged at its place", () => {
    for (const { startMs, pcm, mouth } of placed) {
      expect(line.pcm.subarray(startMs * 16, startMs * 16 + pcm.length)).toEqual(pcm);
      const row = startMs / 40;
      expect(line.mouth.subarray(row * MOUTH_PIXELS, row * MOUTH_PIXELS + mouth.length)).toEqual(
        mouth,
      );
    }
  });

  it("labels a row with the word said 120 ms before it", () => {
    const labels = labelsOf(line, VOCABULARY, 120);
    const start = placed[1]?.startMs ?? 0;
    const at = (ms: number): string => VOCABULARY[labels[(start + ms + 120) / 40] ?? 0] ?? "";
    expect([at(160), at(200), at(360), at(400), at(600), at(640)]).toEqual([
      "sil",
      "bin",
      "bin",
      "two",
      "two",
      "sil",
    ]);
  });

  it("gives the sound features of the live extractor, row r from the 40 ms before it", () => {
    const { audio, video, text } = lineFeatures(line, {}, 120);
    const whole = logMelOf(line.pcm);
    expect(audio.x.subarray(160, 10 * 160)).toEqual(whole.subarray(0, 9 * 160));
    expect(audio.present[0]).toBe(0);
    expect(video.present.every((flag) => flag === 1)).toBe(true);
    // A word is known at the rows that speak about an instant within it.
    const labels = labelsOf(line, VOCABULARY, 120);
    expect([...text.present]).toEqual([...labels].map((label) => (label === 0 ? 0 : 1)));
  });

  it("feeds outages as missing rows of zeros", () => {
    const { audio } = lineFeatures(line, { audio: [{ from: 5, to: 9 }] }, 120);
    expect([...audio.present.subarray(4, 10)]).toEqual([1, 0, 0, 0, 0, 1]);
    expect(audio.x.subarray(5 * 160, 9 * 160).every((value) => value === 0)).toBe(true);
  });
});

describe("augmentation of sound", () => {
  it("adds at the asked distance in dB", () => {
    const speech = Float32Array.from({ length: 16_000 }, (_, i) => 1_000 * Math.sin(i * 0.3));
    const mixed = new Float32Array(16_000);
    addScaled(mixed, Float32Array.from({ length: 16_000 }, random), power(speech), 6);
    expect(10 * Math.log10(power(speech) / power(mixed))).toBeCloseTo(6, 3);
  });

  it("keeps within 16 bits and leaves the clip's own sound alone", () => {
    const before = Int16Array.from(CLIPS[0]?.pcm ?? []);
    const loud = augmentSound(
      before,
      CLIPS.map(({ pcm }) => pcm),
      random,
      noise,
      { babbleShare: 1, babbleDb: [-6, -6], noiseShare: 1, noiseDb: [0, 0], gainDb: [20, 20] },
    );
    expect(before).toEqual(CLIPS[0]?.pcm);
    expect(Math.max(...loud)).toBe(32_767);
    expect(Math.min(...loud)).toBe(-32_768);
  });
});

describe("augmentation of pictures", () => {
  it("shifts a whole clip by the same pixels and repeats the edge", () => {
    const picture = Uint8Array.from({ length: MOUTH_PIXELS }, (_, i) => (i % 28) * 4);
    // Draws of just below 1: shift +2 both ways; the last two set contrast and brightness to none.
    const draws = [0.999, 0.999, 0.5, 0.5];
    const shifted = augmentMouth(picture, () => draws.shift() ?? 0.5);
    expect([...shifted.subarray(0, 6)]).toEqual([0, 0, 0, 4, 8, 12]);
  });
});

describe("batches", () => {
  const config = modelConfig(priorOf(CLIPS));
  const line = prepareLine(layLine(placeClips(CLIPS, random), rng, noise), config);
  const options = {
    rows: 20,
    stretches: 3,
    warmUp: 4,
    keep: { audio: 0, video: 1 },
    dropout: 0.25,
  };

  it("cut every line into stretches that do not overlap", () => {
    const stretches = cutStretches([line], random, options).sort((a, b) => a.from - b.from);
    expect(stretches.length).toBeGreaterThan(2);
    for (const [i, { from }] of stretches.entries()) {
      expect(from + 20).toBeLessThanOrEqual(line.rows);
      if (i > 0) expect(from - (stretches[i - 1]?.from ?? 0)).toBe(20);
    }
  });

  it("hold the line's rows, hide from the joint what was not kept, and reseed from sensed rows", () => {
    // The first begins within a word: its past is cut off.
    const within = line.labels.findIndex((label) => label !== 0);
    const others = cutStretches([line], random, options).slice(0, 2);
    const stretches = [{ line, from: within }, ...others];
    const batch = fillBatch(stretches, config, random, options);
    const [first] = stretches;
    const { audio } = batch.streams;
    expect(audio?.x.subarray(0, 20 * 160)).toEqual(
      line.streams.audio.x.subarray((first?.from ?? 0) * 160, ((first?.from ?? 0) + 20) * 160),
    );
    expect(audio?.joint.every((flag) => flag === 0)).toBe(true);
    expect(batch.streams["video"]?.joint).toEqual(batch.streams["video"]?.present);
    expect([...batch.weights.subarray(0, 6)]).toEqual([0, 0, 0, 0, 1, 1]);
    for (const row of batch.reseed) {
      const [stream, at] = [Math.floor(row / 60), row % 60];
      const name = config.streams[stream]?.name ?? "";
      expect(batch.streams[name]?.present[at]).toBe(1);
      expect(batch.weights[at]).toBe(1);
    }
  });

  it("drop channels for a whole stretch and keep the mean", () => {
    const { streams } = drawMasks(config, { stretches: 64, dropout: 0.25 }, random);
    const mask = streams["audio"]?.["0"] ?? new Float32Array(0);
    expect(mask).toHaveLength(64 * config.width);
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(mask.reduce((sum, value) => sum + value, 0) / mask.length).toBeCloseTo(1, 1);
  });
});

describe("priorOf", () => {
  it("sums to 1 and counts the gaps as silence", () => {
    const prior = priorOf(CLIPS, 1_000);
    expect(prior.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 10);
    expect(prior[VOCABULARY.indexOf("two")]).toBeCloseTo(0.11, 5);
    expect(ROW_SAMPLES).toBe(640);
  });
});
