import { describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../src/errors.ts";
import { SensorWindow } from "../../src/features/SensorWindow.ts";
import type { Cell } from "../../src/frames/Frameset.ts";
import { hertz, micros } from "../../src/units.ts";

const OPTIONS = { channels: 2, dtype: "f32", rate: hertz(100) } as const;

describe("SensorWindow", () => {
  it("gives mean, spread and slope per second of each channel", () => {
    // Channel 0 climbs 1 per 10 ms; channel 1 is 1, -1, 1, -1.
    const row = new SensorWindow(OPTIONS).push(cellOf([5, 1, 6, -1, 7, 1, 8, -1]), micros(0));
    const expected = [6.5, 0, Math.sqrt(1.25), 1, 100, -40];
    for (const [index, value] of expected.entries()) expect(row?.[index]).toBeCloseTo(value, 4);
    expect(row).toHaveLength(6);
  });

  it("leaves out what is not a number, and is missing where a channel has none", () => {
    const extractor = new SensorWindow(OPTIONS);
    const row = extractor.push(cellOf([5, 1, Number.NaN, 3, 7, Infinity]), micros(0));
    const expected = [6, 2, 1, 1, 100, 200];
    for (const [index, value] of expected.entries()) expect(row?.[index]).toBeCloseTo(value, 4);
    expect(extractor.push(cellOf([5, Number.NaN]), micros(0))).toBeUndefined();
    expect(extractor.push(cellOf([]), micros(0))).toBeUndefined();
    expect(extractor.push({ presence: "missing", reason: "idle" }, micros(0))).toBeUndefined();
  });

  it("has no spread and no slope in a single frame", () => {
    expect(new SensorWindow(OPTIONS).push(cellOf([3, 4]), micros(0))).toEqual(
      Float32Array.from([3, 4, 0, 0, 0, 0]),
    );
  });

  it("reads integer sensors in their own dtype", () => {
    const extractor = new SensorWindow({ channels: 1, dtype: "i16", rate: hertz(50) });
    const payload = new Uint8Array(Int16Array.from([-300, 300]).buffer);
    expect(extractor.push({ ...cellOf([]), payload } as Cell, micros(0))?.[1]).toBe(300);
  });

  it("draws nothing of what was before a reset", () => {
    const extractor = new SensorWindow(OPTIONS);
    extractor.push(cellOf([900, 1]), micros(0));
    extractor.reset();
    expect([...extractor.view]).toEqual([0, 0]);
    extractor.push(cellOf([1, 1]), micros(40_000));
    expect([...extractor.view]).toEqual([128, 128]);
  });

  it("refuses half frames and impossible options", () => {
    expect(() => new SensorWindow(OPTIONS).push(cellOf([1, 2, 3]), micros(0))).toThrow(ShapeError);
    expect(() => new SensorWindow({ ...OPTIONS, channels: 0 })).toThrow(ConfigError);
    expect(() => new SensorWindow({ ...OPTIONS, rate: hertz(0) })).toThrow(ConfigError);
  });
});

function cellOf(values: readonly number[]): Cell {
  return {
    presence: "real",
    payload: new Uint8Array(Float32Array.from(values).buffer),
    frames: values.length / 2,
    originTime: micros(0),
    age: micros(0),
    arrivalTime: micros(0),
  };
}
