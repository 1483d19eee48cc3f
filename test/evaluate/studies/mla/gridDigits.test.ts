import { describe, expect, it } from "vitest";

import type { GridAv } from "../../../../src/evaluate/sets/gridAv.ts";
import {
  DIGIT,
  digitMouths,
  digitSounds,
  drawMouthView,
  drawSoundView,
  MOUTH,
  PLAIN_SOUND,
  PLAIN_VIEW,
  viewMouth,
  viewSound,
} from "../../../../src/evaluate/studies/mla/gridDigits.ts";
import { logMelOf } from "../../../../src/features/LogMel.ts";
import { hostTensor } from "../../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

const SENTENCES = 6;
const rng = Rng.fromSeed(5);
/** Noise for pictures and sound; the digit of sentence i lies in the middle or at the border. */
const GRID: GridAv = {
  sentences: SENTENCES,
  vocabulary: [],
  mouth: hostTensor(rng.uniformArray(SENTENCES * 75 * 560), [SENTENCES, 75, 20, 28]),
  logMel: hostTensor(new Float32Array(0), [0, 300, 40]),
  pcm: Int16Array.from(rng.normalArray(SENTENCES * 48_000, 0, 1_000)),
  words: [],
  digits: Array.from({ length: SENTENCES }, (_, sentence) => ({
    sentence,
    word: 40,
    label: sentence,
    ...(sentence === 5 ? { fromMs: 2_800, toMs: 3_000 } : { fromMs: 1_400, toMs: 1_600 }),
  })),
};

describe("digitSounds", () => {
  it("is the live front end's answer to the sentence from its start", () => {
    const sounds = digitSounds(GRID);
    const whole = logMelOf(GRID.pcm.subarray(0, 48_000));
    const into = new Float32Array(DIGIT.hops * DIGIT.bands);
    viewSound(sounds, 0, PLAIN_SOUND, into);
    // The middle of the digit is 1500 ms; 640 ms around it begin at 1180 ms, on a picture's instant.
    const first = (Math.round(1_500 / 40 - 11) + 3) * 4 * 40;
    expect(into).toEqual(whole.subarray(first, first + into.length));
  });

  it("mixes noise by its seed, and makes only the digits asked for", () => {
    const noise = { kind: "babble", snrDb: () => 0, seed: 7 } as const;
    const [clean, noisy, again] = [
      digitSounds(GRID),
      digitSounds(GRID, noise),
      digitSounds(GRID, noise, [1]),
    ];
    const size = clean.length / SENTENCES;
    expect(noisy).not.toEqual(clean);
    expect(again.subarray(size, 2 * size)).toEqual(noisy.subarray(size, 2 * size));
    expect(again.subarray(0, size).every((value) => value === 0)).toBe(true);
  });
});

describe("viewSound", () => {
  it("cuts later and silences bands and hops", () => {
    const sounds = digitSounds(GRID);
    const [plain, cut] = [0, 1].map(() => new Float32Array(DIGIT.hops * DIGIT.bands));
    if (plain === undefined || cut === undefined) throw new Error("two arrays");
    viewSound(sounds, 0, PLAIN_SOUND, plain);
    viewSound(sounds, 0, { start: 13, bands: [2, 4], hops: [0, 1] }, cut);
    expect([...cut.subarray(0, 40)]).toEqual(Array.from({ length: 40 }, () => -1));
    expect([cut[42], cut[43]]).toEqual([-1, -1]);
    expect(cut[44]).toBe(plain[84]); // hop 1 of the cut is hop 2 of the plain view
  });

  it("draws views inside the margins", () => {
    const draws = Rng.fromSeed(1);
    for (let i = 0; i < 200; i++) {
      const { start, bands, hops } = drawSoundView(draws);
      expect(start >= 0 && start <= 24).toBe(true);
      expect(bands[0] >= 0 && bands[1] <= 40 && bands[1] - bands[0] <= 7).toBe(true);
      expect(hops[0] >= 0 && hops[1] <= 64 && hops[1] - hops[0] <= 8).toBe(true);
    }
  });
});

describe("viewMouth", () => {
  const mouths = digitMouths(GRID);
  const view = (change: Partial<typeof PLAIN_VIEW>): Float32Array => {
    const into = new Float32Array(DIGIT.frames * MOUTH.pixels * 3);
    viewMouth(mouths, 0, { ...PLAIN_VIEW, ...change }, into);
    return into;
  };
  const at = (picture: Float32Array, row: number, column: number, channel: number): number =>
    picture[(row * 28 + column) * 3 + channel] ?? Number.NaN;

  it("has a mean of 0 in every frame of the first channel", () => {
    const plain = view({});
    for (let frame = 0; frame < 16; frame++) {
      let sum = 0;
      for (let pixel = 0; pixel < 560; pixel++) sum += plain[(frame * 560 + pixel) * 3] ?? 0;
      expect(sum / 560).toBeCloseTo(0, 4);
    }
  });

  it("shows the change to one and to three frames before", () => {
    const start = Math.round(1_500 / 40 - 11) + 3;
    const pixel = (frame: number): number => GRID.mouth.data[frame * 560 + 33] ?? Number.NaN;
    const plain = view({});
    expect(plain[33 * 3 + 1]).toBeCloseTo(16 * (pixel(start) - pixel(start - 1)), 4);
    expect(plain[33 * 3 + 2]).toBeCloseTo(16 * (pixel(start) - pixel(start - 3)), 4);
  });

  it("shifts, mirrors and stretches the contrast of all channels", () => {
    const plain = view({});
    for (const channel of [0, 1, 2]) {
      expect(at(view({ shiftRows: 1, shiftColumns: 2 }), 6, 7, channel)).toBe(
        at(plain, 5, 5, channel),
      );
      expect(at(view({ mirrored: true }), 4, 3, channel)).toBe(at(plain, 4, 24, channel));
      expect(at(view({ contrast: 1.5 }), 4, 3, channel)).toBeCloseTo(
        1.5 * at(plain, 4, 3, channel),
        4,
      );
    }
  });

  it("stays inside the sentence for a digit at its end, and inside the window for any draw", () => {
    const size = mouths.length / SENTENCES;
    const last = GRID.mouth.data.subarray(6 * 75 * 560 - size);
    expect(mouths.subarray(5 * size)).toEqual(last);
    const draws = Rng.fromSeed(2);
    for (let i = 0; i < 50; i++)
      expect(view(drawMouthView(draws)).every(Number.isFinite)).toBe(true);
  });
});
