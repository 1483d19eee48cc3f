import { describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../src/errors.ts";
import { NumberFrames } from "../../src/features/NumberFrames.ts";
import type { Cell } from "../../src/frames/Frameset.ts";
import { micros } from "../../src/units.ts";

const OPTIONS = { channels: 2, frames: 2, dtype: "f32" } as const;
const NOW = micros(0);

function cellOf(values: readonly number[]): Cell {
  const payload = new Uint8Array(Float32Array.from(values).buffer);
  const times = { originTime: NOW, age: NOW, arrivalTime: NOW };
  return { presence: "real", payload, frames: values.length / 2, ...times };
}

describe("NumberFrames", () => {
  it("gives the numbers of a row as they came", () => {
    const frames = new NumberFrames(OPTIONS);
    expect(frames.size).toBe(4);
    expect(frames.push(cellOf([1, -2, 3.5, 4]), NOW)).toEqual(Float32Array.of(1, -2, 3.5, 4));
  });

  it("reads integer sensors in their own dtype", () => {
    const payload = new Uint8Array(Int16Array.of(-300, 300).buffer);
    const frames = new NumberFrames({ channels: 1, frames: 2, dtype: "i16" });
    const cell = { ...cellOf([]), payload } as Cell;
    expect(frames.push(cell, NOW)).toEqual(Float32Array.of(-300, 300));
  });

  it.each([Number.NaN, Infinity, -Infinity])("is missing where a number is %d", (odd) => {
    const frames = new NumberFrames(OPTIONS);
    expect(frames.push(cellOf([1, 2, odd, 4]), NOW)).toBeUndefined();
    expect(frames.push({ presence: "missing", reason: "idle" }, NOW)).toBeUndefined();
  });

  it("draws a trace of each channel, and none of it after a reset", () => {
    const frames = new NumberFrames(OPTIONS);
    frames.push(cellOf([0, 5, 1, 5]), NOW);
    const [first = 0, flat, second = 0] = frames.view;
    expect([second > first, flat]).toEqual([true, 128]);
    frames.reset();
    expect([...frames.view]).toEqual([0, 0, 0, 0]);
  });

  it("refuses rows of another length and impossible options", () => {
    const frames = new NumberFrames(OPTIONS);
    expect(() => frames.push(cellOf([1, 2]), NOW)).toThrow(ShapeError);
    expect(() => frames.push(cellOf([1, 2, 3, 4, 5, 6]), NOW)).toThrow(ShapeError);
    expect(() => new NumberFrames({ ...OPTIONS, frames: 0 })).toThrow(ConfigError);
    expect(() => new NumberFrames({ ...OPTIONS, channels: 0.5, frames: 2 })).toThrow(ConfigError);
  });
});
