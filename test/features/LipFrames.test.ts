import { describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../src/errors.ts";
import { LipFrames, lipFramesOf } from "../../src/features/LipFrames.ts";
import type { Cell } from "../../src/frames/Frameset.ts";
import { micros, millis } from "../../src/units.ts";

const MISSING: Cell = { presence: "missing", reason: "idle" };

describe("LipFrames", () => {
  it("gives picture, near and far difference with the mean removed, by the formula", () => {
    const frames = movingFrames(6);
    const features = lipFramesOf(frames);
    const centred = Array.from({ length: 6 }, (_, index) => withoutMean(frames, index));
    let contrast = deviation(centred[0] ?? []);
    for (const [index, frame] of centred.entries()) {
      contrast += (deviation(frame) - contrast) / 25;
      const row = features.subarray(index * 1680, (index + 1) * 1680);
      for (const pixel of [0, 27, 300, 559]) {
        const now = frame[pixel] ?? 0;
        expect(row[pixel]).toBeCloseTo((0.4 * now) / contrast, 5);
        const near = index < 1 ? now : (centred[index - 1]?.[pixel] ?? 0);
        const far = index < 3 ? now : (centred[index - 3]?.[pixel] ?? 0);
        expect(row[560 + pixel]).toBeCloseTo((1.2 * (now - near)) / contrast, 5);
        expect(row[1120 + pixel]).toBeCloseTo((1.2 * (now - far)) / contrast, 5);
      }
    }
  });

  it("does not care about brightness or contrast of the camera", () => {
    const frames = movingFrames(10).map((grey) => Math.floor(grey / 2) * 2);
    const other = frames.map((grey) => grey / 2 + 60);
    const [expected, actual] = [lipFramesOf(frames), lipFramesOf(other)];
    for (const [index, value] of expected.entries()) expect(actual[index]).toBeCloseTo(value, 4);
  });

  it("gives a stream exactly what it gives the whole recording", () => {
    const frames = movingFrames(8);
    const extractor = new LipFrames();
    const rows = Array.from({ length: 8 }, (_, index) =>
      extractor.push(cellOf(frameAt(frames, index)), millis(40 * (index + 1))),
    );
    expect(Float32Array.from(rows.flatMap((row) => [...(row ?? [])]))).toEqual(lipFramesOf(frames));
  });

  it("sees no motion in a held row, and twice the motion in the row after it", () => {
    const frames = movingFrames(3);
    const extractor = new LipFrames();
    extractor.push(cellOf(frameAt(frames, 0)), millis(40));
    const held = extractor.push(cellOf(frameAt(frames, 0), "held"), millis(80));
    expect(held?.slice(560, 1120).every((value) => value === 0)).toBe(true);
    const next = extractor.push(cellOf(frameAt(frames, 2)), millis(120));
    expect(next?.slice(560, 1120).some((value) => value !== 0)).toBe(true);
  });

  it("says missing in a gap and compares nothing with the wrong distance in time across it", () => {
    const frames = movingFrames(6);
    const extractor = new LipFrames();
    extractor.push(cellOf(frameAt(frames, 0)), millis(40));
    extractor.push(cellOf(frameAt(frames, 1)), millis(80));
    expect(extractor.push(MISSING, millis(120))).toBeUndefined();
    const first = extractor.push(cellOf(frameAt(frames, 3)), millis(160));
    expect(first?.slice(560, 1120).every((value) => value === 0)).toBe(true);
    // Three rows back lies before the gap and is the right distance: still a fair comparison.
    expect(first?.slice(1120).some((value) => value !== 0)).toBe(true);
    const second = extractor.push(cellOf(frameAt(frames, 4)), millis(200));
    expect(second?.slice(560, 1120).some((value) => value !== 0)).toBe(true);
    const third = extractor.push(cellOf(frameAt(frames, 5)), millis(240));
    expect(third?.slice(1120).every((value) => value === 0)).toBe(true);
  });

  it("does not blow up the noise of a covered lens", () => {
    const features = new LipFrames().pushFrame(
      Uint8Array.from({ length: 560 }, (_, pixel) => 100 + (pixel % 2)),
      millis(40),
    );
    expect(Math.max(...features)).toBeLessThan(0.05);
  });

  it("shows the frame as it came", () => {
    const extractor = new LipFrames();
    const frame = frameAt(movingFrames(1), 0);
    extractor.pushFrame(frame, millis(40));
    expect(extractor.view).toEqual(frame);
  });

  it("is as new after a reset", () => {
    const frames = movingFrames(4);
    const extractor = new LipFrames();
    const first = extractor.pushFrame(frameAt(frames, 0), millis(40));
    extractor.pushFrame(frameAt(frames, 3), millis(80));
    extractor.reset();
    expect(extractor.pushFrame(frameAt(frames, 0), millis(120))).toEqual(first);
  });

  it("refuses frames of another size and sizes that are none", () => {
    expect(() => new LipFrames().pushFrame(new Uint8Array(559), millis(40))).toThrow(ShapeError);
    expect(() => new LipFrames({ rows: 0 })).toThrow(ConfigError);
    expect(() => new LipFrames({ period: micros(0) })).toThrow(ConfigError);
  });
});

function movingFrames(count: number): Uint8Array {
  return Uint8Array.from({ length: count * 560 }, (_, index) => {
    const [frame, pixel] = [Math.floor(index / 560), index % 560];
    return 120 + 60 * Math.sin(pixel / 23 + frame * 0.4) + 3 * frame;
  });
}

function frameAt(frames: Uint8Array, index: number): Uint8Array {
  return frames.slice(index * 560, (index + 1) * 560);
}

function withoutMean(frames: Uint8Array, index: number): number[] {
  const frame = [...frameAt(frames, index)];
  const mean = frame.reduce((sum, grey) => sum + grey, 0) / 560;
  return frame.map((grey) => grey - mean);
}

function deviation(centred: readonly number[]): number {
  return Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0) / centred.length);
}

function cellOf(payload: Uint8Array, presence: "real" | "held" = "real"): Cell {
  return {
    presence,
    payload,
    frames: 1,
    originTime: micros(0),
    age: micros(0),
    arrivalTime: micros(0),
  };
}
