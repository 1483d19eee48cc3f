import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { ChannelTraces, shownChannels } from "../../src/features/ChannelTraces.ts";
import { micros } from "../../src/units.ts";

const [FOOT, MIDDLE, TOP] = [1, 128, 255] as const;

/** What a single trace shows of one value per row, a row every 100 ms. */
function drawn(values: readonly number[]): number[] {
  const traces = new ChannelTraces({ channels: 1 });
  return values.map((value, row) => {
    traces.push([value], micros(row * 100_000));
    return traces.view[0] ?? 0;
  });
}

describe("ChannelTraces", () => {
  it("draws each trace within its own range, whatever its unit", () => {
    const traces = new ChannelTraces({ channels: 2, perRow: 3 });
    traces.push([-1, 5_000, 0, 6_000, 1, 7_000], micros(0));
    const [first, second] = [0, 1].map((trace) => [0, 2, 4].map((at) => traces.view[at + trace]));
    expect(first).toEqual(second);
    expect(first?.[1]).toBe(MIDDLE);
    expect(Number(first?.[0]) + Number(first?.[2])).toBe(FOOT + TOP);
    expect(first?.[2]).toBeGreaterThan(230);
  });

  it("widens its scale gradually: a level stays about where it was when a peak comes", () => {
    const swing = Array.from({ length: 40 }, (_, row) => Math.sin(row));
    const before = drawn([...swing, 0]).at(-1) ?? 0;
    const [peak = 0, after = 0] = drawn([...swing, 2, 0]).slice(-2);
    expect(peak).toBeGreaterThan(240);
    // A range that jumped to [-1, 2] would move the level by a sixth of the lane: 42.
    expect(Math.abs(after - before)).toBeLessThan(21);
    const settled = drawn([...swing, ...Array<number>(40).fill(2)]).at(-1) ?? 0;
    expect(settled).toBeLessThan(peak);
  });

  it("takes half a second to come half way out, half a minute to come half way in", () => {
    const traces = new ChannelTraces({ channels: 1 });
    const shown = (value: number, ms: number): number => {
      traces.push([value], micros(ms * 1_000));
      return traces.view[0] ?? 0;
    };
    expect(shown(0, 0)).toBe(MIDDLE);
    // Of [0, 0.5]: u = 3, s = 0.8 + 0.2 · 11/12.
    expect(shown(1, 500)).toBe(253);
    // Of [0, 0.25]: u = −1, s = −0.9.
    expect(shown(0, 30_500)).toBe(14);
    // No time passes: of [0, 0.25] still, u = 0.6.
    shown(10, 30_500);
    expect(shown(0.2, 30_500)).toBe(204);
  });

  it("keeps a step where it is for as long as a lane is long", () => {
    const step = drawn([...Array<number>(20).fill(0), ...Array<number>(100).fill(1)]);
    expect(step[50]).toBeGreaterThan(200);
    expect(step.at(-1)).toBeGreaterThan(200);
  });

  it("does not blow up the last digits of a steady sensor", () => {
    const steady = drawn(Array.from({ length: 50 }, (_, row) => 1_013 + 0.01 * (row % 2)));
    for (const value of steady) expect(Math.abs(value - MIDDLE)).toBeLessThan(4);
  });

  it("depends on this and earlier rows alone", () => {
    const values = Array.from({ length: 30 }, (_, row) => Math.sin(row / 3) * row);
    expect(drawn(values).slice(0, 12)).toEqual(drawn(values.slice(0, 12)));
  });

  it("shares the frames of a row among its points, and repeats them where there are fewer", () => {
    const traces = new ChannelTraces({ channels: 1, perRow: 2 });
    traces.push([0, 0, 4, 4], micros(0));
    expect([...traces.view]).toEqual([14, 242]);
    traces.push([2], micros(0));
    expect([...traces.view]).toEqual([MIDDLE, MIDDLE]);
  });

  it("shows 0 where a sensor has no value", () => {
    const traces = new ChannelTraces({ channels: 1, perRow: 3 });
    traces.push([1, Number.NaN, Infinity], micros(0));
    expect([...traces.view]).toEqual([MIDDLE, 0, 0]);
    traces.push([], micros(40_000));
    expect([...traces.view]).toEqual([0, 0, 0]);
  });

  it("draws eight channels of many, or those it is told to", () => {
    expect(new ChannelTraces({ channels: 64 }).traces).toBe(8);
    expect(shownChannels(20)).toEqual([0, 2, 5, 7, 10, 12, 15, 17]);
    expect(shownChannels(3)).toEqual([0, 1, 2]);
    const traces = new ChannelTraces({ channels: 3, shown: [2] });
    traces.push([0, 0, 1, 0, 0, 1], micros(0));
    expect(traces.view).toHaveLength(1);
    expect(() => new ChannelTraces({ channels: 3, shown: [3] })).toThrow(ConfigError);
    expect(() => new ChannelTraces({ channels: 0 })).toThrow(ConfigError);
    expect(() => new ChannelTraces({ channels: 1, perRow: 0 })).toThrow(ConfigError);
  });

  it("begins anew after a reset", () => {
    const traces = new ChannelTraces({ channels: 1 });
    traces.push([900], micros(0));
    traces.reset();
    expect([...traces.view]).toEqual([0]);
    traces.push([1], micros(40_000));
    expect([...traces.view]).toEqual([MIDDLE]);
  });
});
