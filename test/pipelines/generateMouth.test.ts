import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  SLOT_NAMES,
  SLOTS,
  slotOf,
  VOCABULARY,
} from "../../pipelines/talking-face/corpus/grammar.ts";
import { articulate } from "../../pipelines/talking-face/generate/articulate.ts";
import { drawMouth } from "../../pipelines/talking-face/generate/drawMouth.ts";
import { drawSentences } from "../../pipelines/talking-face/generate/drawSentences.ts";
import { drawFace, FACES } from "../../pipelines/talking-face/generate/Face.ts";
import { timesOf } from "../../pipelines/talking-face/generate/pronunciations.ts";
import { roomNoise } from "../../pipelines/talking-face/generate/roomNoise.ts";
import { skinTextureOf } from "../../pipelines/talking-face/generate/skinAt.ts";
import type { MouthShape } from "../../pipelines/talking-face/generate/visemes.ts";
import { resample } from "../../sensors/speech/resample.ts";
import { ConfigError, SensorError } from "../../src/errors.ts";
import { Rng } from "../../src/tensor/Rng.ts";

const STILL = { right: 0, down: 0, tilt: 0, scale: 1, light: 1 };
const SHUT: MouthShape = {
  open: 0,
  spread: 0,
  protrude: 0,
  teeth: 0,
  tongue: 0,
  tuck: 0,
  press: 0,
};

describe("the grammar", () => {
  it("has silence and 51 words, each in exactly one slot", () => {
    expect(VOCABULARY).toHaveLength(52);
    expect(new Set(VOCABULARY).size).toBe(52);
    expect(VOCABULARY[0]).toBe("sil");
    for (const word of VOCABULARY.slice(1)) expect(SLOT_NAMES).toContain(slotOf(word));
    expect(slotOf("sil")).toBeUndefined();
  });
});

describe("drawSentences", () => {
  it("uses the words of a slot equally often and no excluded sentence", () => {
    const first = drawSentences(100, Rng.fromSeed(1));
    const texts = first.map((words) => words.join(" "));
    expect(new Set(texts).size).toBe(100);
    for (const digit of SLOTS.digit)
      expect(first.filter((words) => words[4] === digit)).toHaveLength(10);
    const again = drawSentences(100, Rng.fromSeed(1), new Set(texts));
    expect(again.some((words) => texts.includes(words.join(" ")))).toBe(false);
  });

  it("refuses to draw more sentences than there are", () => {
    expect(() => drawSentences(3, Rng.fromSeed(1), excludeAllBut(2))).toThrow(ConfigError);
  });
});

describe("timesOf", () => {
  const phones = ["pau", "b", "ih", "n", "pau", "eh", "k", "s", "s", "ih", "k", "s", "pau"].map(
    (phone, index) => ({ phone, fromMs: 100 * index, toMs: 100 * (index + 1) }),
  );

  it("ends a word where its last phone ends and leaves pauses out", () => {
    expect(timesOf(["bin", "x", "six"], phones)).toEqual([
      { label: "bin", slot: "command", fromMs: 100, toMs: 400 },
      { label: "x", slot: "letter", fromMs: 500, toMs: 800 },
      { label: "six", slot: "digit", fromMs: 800, toMs: 1_200 },
    ]);
  });

  it("refuses phones that are other, more or fewer words", () => {
    for (const words of [["bin", "s", "six"], ["bin", "x"], ["bin", "x", "six", "now"], ["bun"]])
      expect(() => timesOf(words, phones)).toThrow(SensorError);
  });
});

describe("articulate", () => {
  it("shuts the lips for a b between two wide vowels, and rounds them before an oo sounds", () => {
    const shapeAt = articulate(
      ["pau", "aa", "b", "uw", "pau"].map((phone, index) => ({
        phone,
        fromMs: 120 * index,
        toMs: 120 * (index + 1),
      })),
    );
    expect(shapeAt(180).open).toBeGreaterThan(0.5);
    expect(shapeAt(240 + 0.42 * 120).open).toBeLessThan(0.1);
    expect(shapeAt(240 + 0.42 * 120).press).toBeGreaterThan(0.7);
    expect(shapeAt(350).spread).toBeLessThan(-0.4);
    expect(shapeAt(420).spread).toBeLessThan(-0.7);
    expect(shapeAt(100_000).open).toBe(0);
  });

  it("stays within what a mouth can do, whatever is said", () => {
    const phone = fc.constantFrom(
      "pau",
      "aa",
      "b",
      "uw",
      "iy",
      "s",
      "f",
      "th",
      "ow",
      "w",
      "nonsense",
    );
    fc.assert(
      fc.property(
        fc.array(phone, { maxLength: 8 }),
        fc.integer({ min: -500, max: 2_000 }),
        (said, t) => {
          const shapeAt = articulate(
            said.map((name, index) => ({
              phone: name,
              fromMs: 90 * index,
              toMs: 90 * (index + 1),
            })),
          );
          for (const [articulator, value] of Object.entries(shapeAt(t))) {
            expect(value).toBeLessThanOrEqual(1);
            expect(value).toBeGreaterThanOrEqual(articulator === "spread" ? -1 : 0);
          }
        },
      ),
    );
  });
});

describe("drawMouth", () => {
  it("darkens the middle when the mouth opens and brightens it when teeth show", () => {
    for (const face of Object.values(FACES)) {
      const shut = greyOfGap(face, SHUT);
      const open = greyOfGap(face, { ...SHUT, open: 0.9 });
      const teeth = greyOfGap(face, { ...SHUT, open: 0.35, teeth: 1, spread: 0.6 });
      expect(open).toBeLessThan(shut - 15);
      expect(teeth).toBeGreaterThan(greyOfGap(face, { ...SHUT, open: 0.35, spread: 0.6 }) + 15);
    }
  });

  it("draws the corners apart for ee and together for oo", () => {
    const darkWidth = (spread: number): number => {
      const picture = drawn({ ...SHUT, spread, protrude: spread < 0 ? 1 : 0 });
      const line = Array.from({ length: 28 }, (_, column) => picture[11 * 28 + column] ?? 0);
      return line.filter((grey) => grey < 128).length;
    };
    expect(darkWidth(0.9)).toBeGreaterThan(darkWidth(-0.9) + 3);
  });

  it("moves with the head", () => {
    const still = drawn(SHUT);
    const down = drawn(SHUT, { ...STILL, down: 1 });
    for (const pixel of [3 * 28 + 5, 10 * 28 + 14])
      expect(down[pixel + 28]).toBeCloseTo(still[pixel] ?? 0, 3);
  });

  it("gives grey levels of a lit face for anybody", () => {
    for (let seed = 0; seed < 50; seed++) {
      const face = drawFace(Rng.fromSeed(seed));
      const picture = new Float32Array(560);
      drawMouth(face, { ...SHUT, open: 0.5, teeth: 0.5 }, STILL, skinTextureOf(face), picture);
      expect(Math.min(...picture)).toBeGreaterThan(0);
      expect(Math.max(...picture)).toBeLessThan(256);
      const mean = picture.reduce((sum, grey) => sum + grey, 0) / 560;
      const spread = Math.sqrt(picture.reduce((sum, grey) => sum + (grey - mean) ** 2, 0) / 560);
      expect(spread).toBeGreaterThan(8);
    }
  });
});

describe("resample", () => {
  it("raises a tone by the speed and keeps its strength", () => {
    const tone = Int16Array.from(
      { length: 8_000 },
      (_, n) => 10_000 * Math.sin(2 * Math.PI * 0.05 * n),
    );
    const faster = resample(tone, 1.25);
    expect(faster).toHaveLength(6_400);
    for (let n = 1_000; n < 1_050; n++)
      expect(faster[n]).toBeCloseTo(10_000 * Math.sin(2 * Math.PI * 0.0625 * n), -2);
  });

  it("lets nothing fold over", () => {
    const tone = Int16Array.from(
      { length: 8_000 },
      (_, n) => 10_000 * Math.sin(2 * Math.PI * 0.45 * n),
    );
    const faster = resample(tone, 1.25).slice(1_000, 5_000);
    expect(Math.max(...faster.map(Math.abs))).toBeLessThan(300);
  });

  it("changes nothing at speed 1", () => {
    const samples = Int16Array.from({ length: 100 }, (_, n) => (n * 7_919) % 2_000);
    for (const [n, value] of resample(samples, 1).entries())
      expect(value).toBeCloseTo(samples[n] ?? 0, 2);
  });
});

describe("roomNoise", () => {
  it("has the level asked for", () => {
    const noise = roomNoise(16_000, Rng.fromSeed(3), { levelDb: -50 });
    const rms = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length);
    expect(20 * Math.log10(rms / 32_768)).toBeCloseTo(-50, 3);
  });
});

function drawn(shape: MouthShape, pose = STILL): Float32Array {
  const face = { ...(FACES["rms"] ?? drawFace(Rng.fromSeed(1))), line: 11.5, lightAcross: 0 };
  const picture = new Float32Array(560);
  drawMouth(face, shape, pose, [], picture);
  return picture;
}

function greyOfGap(face: (typeof FACES)[string], shape: MouthShape): number {
  const picture = new Float32Array(560);
  drawMouth(face, shape, STILL, skinTextureOf(face), picture);
  const row = Math.round(face.line + 0.2);
  return ((picture[row * 28 + 13] ?? 0) + (picture[row * 28 + 14] ?? 0)) / 2;
}

function excludeAllBut(left: number): Set<string> {
  let all = [""];
  for (const name of SLOT_NAMES)
    all = all.flatMap((start) => SLOTS[name].map((word) => `${start} ${word}`.trim()));
  return new Set(all.slice(left));
}
