import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { DigitPen } from "../../../pipelines/digits/pen/DigitPen.ts";
import {
  fitted,
  inkOf,
  type Point,
  pathOf,
  type Stroke,
} from "../../../pipelines/digits/pen/layOut.ts";
import { ClipArrays } from "../../../sensors/clips/ClipArrays.ts";
import type { ConvertedFrame } from "../../../src/pipeline/PageSense.ts";
import { type Micros, micros } from "../../../src/units.ts";

const data = join(process.env["SENSORIUM_DATA"] ?? "../shared/data", "mhd_digits");
const hasData = existsSync(join(data, "meta.json"));

/** Digits of the set that are laid out anew. */
const SOME = 200;

/** One sample of a page's pen; the time in ms. */
function sample(at: number, x: number, y: number, pen: number, sheet: number) {
  const payload = new Uint8Array(Float32Array.of(x, y, pen, sheet).buffer);
  return { originTime: micros(1_000 * at), payload };
}

/** A line that is drawn from 0 to 0.2 s on some sheets, a new one each half second, and then 3 s of nothing. */
function drawLines(pen: DigitPen, sheets: number, side: number): ConvertedFrame[] {
  const frames: ConvertedFrame[] = [];
  for (let at = 0; at <= 500 * sheets + 3_000; at += 20) {
    const sheet = Math.min(Math.floor(at / 500), sheets);
    const isDown = sheet < sheets && at % 500 <= 200;
    const way = isDown ? (at % 500) / 200 : 1;
    frames.push(...pen.push(sample(at, 0.3, 0.2 + side * way, isDown ? 1 : 0, sheet)));
  }
  return frames;
}

const isBlank = ({ payload }: ConvertedFrame): boolean => payload.every((value) => value === 0);
const spanOf = (frames: readonly ConvertedFrame[]): readonly (Micros | undefined)[] => [
  frames[0]?.originTime,
  frames.at(-1)?.originTime,
];

describe("what a pen drew, laid out", () => {
  const ell: readonly Stroke[] = [
    [
      [0.4, 0.2],
      [0.4, 0.6],
      [0.6, 0.6],
    ],
  ];

  it("fills the square, its shorter side in the middle", () => {
    const [[first, second, third] = []] = fitted(ell) ?? [];
    expect(first).toEqual([expect.closeTo(0.25), expect.closeTo(0)]);
    expect(second).toEqual([expect.closeTo(0.25), expect.closeTo(1)]);
    expect(third).toEqual([expect.closeTo(0.75), expect.closeTo(1)]);
  });

  it("is no drawing where it is a dot, or smaller than asked for", () => {
    expect(fitted([[[0.5, 0.5]]])).toBeUndefined();
    expect(fitted([])).toBeUndefined();
    expect(fitted(ell, 0.5)).toBeUndefined();
  });

  it("has points at equal distances, and the pen up between two strokes", () => {
    const path = pathOf(
      [
        [
          [0, 0],
          [1, 0],
        ],
        [
          [1, 1],
          [0, 1],
        ],
      ],
      7,
    );
    const points = Array.from({ length: 7 }, (_, i) => [...path.subarray(3 * i, 3 * i + 3)]);
    expect(points).toEqual([
      [0, 0, 255],
      [128, 0, 255],
      [255, 0, 255],
      [255, 128, 0],
      [255, 255, 255],
      [128, 255, 255],
      [0, 255, 255],
    ]);
  });

  it("leaves ink with its mass in the middle, however it lies", () => {
    const sheet = inkOf(fitted(ell) ?? []);
    const mass = sheet.reduce((sum, ink) => sum + ink, 0);
    const column = sheet.reduce((sum, ink, i) => sum + ink * (i % 28), 0) / mass;
    const row = sheet.reduce((sum, ink, i) => sum + ink * Math.floor(i / 28), 0) / mass;
    expect(Math.abs(column - 13.5)).toBeLessThanOrEqual(0.5);
    expect(Math.abs(row - 13.5)).toBeLessThanOrEqual(0.5);
  });

  it.skipIf(!hasData)(
    `is what the MHD set has of the same pen${hasData ? "" : " (skipped: no mhd_digits here)"}`,
    async () => {
      const arrays = new ClipArrays(data, "dev");
      const raw = (await arrays.read("pen_raw", [3])).data;
      const offsets = (await arrays.read("pen_offsets")).data;
      const paths = (await arrays.read("pen_traj", [100, 3])).data;
      const pictures = (await arrays.read("pen_image", [28, 28])).data;
      let [off, wrong, ink] = [0, 0, 0];
      for (let digit = 0; digit < SOME; digit++) {
        const strokes: Point[][] = [];
        for (let i = offsets[digit] ?? 0; i < (offsets[digit + 1] ?? 0); i++) {
          const [x = 0, y = 0, goesOn = 0] = raw.subarray(3 * i, 3 * i + 3);
          if (goesOn === 0) strokes.push([]);
          strokes.at(-1)?.push([x, -y]); // the tablet's y is up
        }
        const laid = fitted(strokes) ?? [];
        const path = pathOf(laid, 100);
        for (let i = 0; i < path.length; i++) {
          const theirs = paths[300 * digit + i] ?? 0;
          if (i % 3 < 2) off += Math.abs((path[i] ?? 0) - theirs) / 200;
          else wrong += (path[i] ?? 0) > 0 === theirs > 0 ? 0 : 1;
        }
        const picture = inkOf(laid);
        ink += picture.reduce(
          (sum, value, i) => sum + Math.abs(value - (pictures[784 * digit + i] ?? 0)),
          0,
        );
      }
      // Paths to the rounding; of a picture's 255, on the average of all its pixels, three.
      expect(off / SOME).toBeLessThan(0.01);
      expect(wrong).toBe(0);
      expect(ink / SOME / 784).toBeLessThan(4);
    },
    60_000,
  );
});

describe("a page's pen as the model's tablet and camera", () => {
  it("speaks at the rates of both streams, whatever the page's", () => {
    const frames = drawLines(new DigitPen(), 1, 0.5);
    const times = (stream: string): number[] =>
      frames.filter((frame) => frame.stream === stream).map(({ originTime }) => originTime / 1_000);
    expect(times("strokes")).toEqual(Array.from({ length: 351 }, (_, i) => 10 * i));
    expect(times("picture")).toEqual(Array.from({ length: 88 }, (_, i) => 40 * i));
  });

  it("writes a drawing within 0.8 s when its sheet is changed, its picture beside it", () => {
    const frames = drawLines(new DigitPen(), 1, 0.5);
    const [strokes, pictures] = ["strokes", "picture"].map((stream) =>
      frames.filter((frame) => frame.stream === stream && !isBlank(frame)),
    );
    expect(spanOf(strokes ?? [])).toEqual([490_000, 1_280_000]);
    expect(spanOf(pictures ?? [])).toEqual([520_000, 1_280_000]);
    expect(strokes?.[0]?.payload).toEqual(Uint8Array.of(128, 0, 255));
    expect(strokes?.at(-1)?.payload).toEqual(Uint8Array.of(128, 252, 255));
    // A line down the middle, and nothing beside it.
    expect(pictures?.[0]?.payload[28 * 13 + 13]).toBeGreaterThan(128);
    expect(pictures?.[0]?.payload[28 * 13 + 18]).toBe(0);
  });

  it("writes one drawing after the other, with a pause between", () => {
    const strokes = drawLines(new DigitPen(), 2, 0.5).filter(({ stream }) => stream === "strokes");
    const inked = strokes.filter((frame) => !isBlank(frame));
    expect(inked).toHaveLength(160);
    expect(spanOf(inked.slice(0, 80))).toEqual([490_000, 1_280_000]);
    expect(spanOf(inked.slice(80))).toEqual([1_530_000, 2_320_000]);
  });

  it("takes a touch by accident for nothing", () => {
    expect(drawLines(new DigitPen(), 1, 0.01).every(isBlank)).toBe(true);
  });

  it("says nothing of a time in which it heard nothing, and then writes anew what that cut off", () => {
    const pen = new DigitPen();
    pen.push(sample(0, 0.2, 0.2, 1, 0));
    pen.push(sample(20, 0.2, 0.8, 1, 0));
    pen.push(sample(40, 0.2, 0.8, 0, 1));
    expect(pen.push(sample(200, 0, 0, 0, 1)).filter(isBlank)).toEqual([]);
    const frames = pen.push(sample(5_000, 0, 0, 0, 1));
    expect(frames.map(({ originTime }) => originTime)).toEqual([5_000_000, 5_000_000]);
    const strokes = [...frames, ...pen.push(sample(5_900, 0, 0, 0, 1))].filter(
      ({ stream }) => stream === "strokes",
    );
    expect(strokes.map(isBlank)).toEqual(Array.from({ length: 91 }, (_, i) => i >= 80));
  });

  it("refuses what is no sample", () => {
    const pen = new DigitPen();
    expect(() => pen.push(sample(0, Number.NaN, 0, 0, 0))).toThrow(/expected 4 finite numbers/);
    expect(() => pen.push({ originTime: micros(0), payload: new Uint8Array(20) })).toThrow(
      /expected 4 finite numbers, got 0,0,0,0,0/,
    );
  });
});
