import { describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import { augmentUtdMhad } from "../../../src/evaluate/sets/augmentUtdMhad.ts";
import { hostTensor } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

const STILL = { crop: 1, gain: 0, noise: 0, turn: 0, shift: 0 };
const rng = Rng.fromSeed(8);
const clips = {
  inertial: hostTensor(rng.normalArray(2 * 64 * 6), [2, 64, 6]),
  skeleton: hostTensor(rng.normalArray(2 * 32 * 60), [2, 32, 60]),
  depth: hostTensor(rng.normalArray(2 * 16 * 30 * 28 * 4), [2, 16, 30, 28, 4]),
};
const squares = (values: Float32Array): number => values.reduce((sum, v) => sum + v * v, 0);

describe("augmentUtdMhad", () => {
  it("changes nothing where every amount is 0, and never its input", () => {
    const before = clips.skeleton.data.slice();
    const same = augmentUtdMhad(clips, Rng.fromSeed(1), STILL);
    for (const [name, { data, shape }] of Object.entries(clips)) {
      expect(same[name]?.shape).toEqual(shape);
      const most = data.reduce(
        (max, v, i) => Math.max(max, Math.abs(v - (same[name]?.data[i] ?? 9))),
        0,
      );
      expect(most).toBeLessThan(1e-5);
    }
    augmentUtdMhad(clips, Rng.fromSeed(1));
    expect(clips.skeleton.data).toEqual(before);
  });

  it("is a function of the seed, and another for each clip", () => {
    const [one, same, other] = [1, 1, 2].map((seed) => augmentUtdMhad(clips, Rng.fromSeed(seed)));
    for (const name of Object.keys(clips)) {
      const again = same?.[name]?.data;
      expect(one?.[name]?.data.every((value, at) => value === again?.[at])).toBe(true);
    }
    expect(one?.["inertial"]?.data).not.toEqual(other?.["inertial"]?.data);
    const twins = hostTensor(
      Float32Array.from([
        ...clips.skeleton.data.slice(0, 1920),
        ...clips.skeleton.data.slice(0, 1920),
      ]),
      [2, 32, 60],
    );
    const { data } = augmentUtdMhad({ skeleton: twins }, Rng.fromSeed(3))["skeleton"] ?? twins;
    expect(data.slice(0, 1920)).not.toEqual(data.slice(1920));
  });

  it("keeps lengths and heights of a skeleton it only turns", () => {
    const turned = augmentUtdMhad(clips, Rng.fromSeed(4), { ...STILL, turn: 90 })["skeleton"];
    const data = turned?.data ?? new Float32Array();
    expect(squares(data) / squares(clips.skeleton.data)).toBeCloseTo(1, 5);
    expect(data[1]).toBeCloseTo(clips.skeleton.data[1] ?? 0, 6);
    expect(data[0]).not.toBeCloseTo(clips.skeleton.data[0] ?? 0, 3);
  });

  it("moves whole pictures of a depth clip and lets zeros in", () => {
    const ones = hostTensor(new Float32Array(16 * 30 * 28 * 4).fill(1), [1, 16, 30, 28, 4]);
    let seed = 0;
    let data = ones.data;
    while (squares(data) === ones.data.length)
      data =
        augmentUtdMhad({ depth: ones }, Rng.fromSeed(seed++), { ...STILL, shift: 2 })["depth"]
          ?.data ?? ones.data;
    const perPicture = squares(data) / 16;
    for (let row = 0; row < 16; row++)
      expect(squares(data.slice(row * 3360, (row + 1) * 3360))).toBe(perPicture);
    expect(perPicture).toBeLessThan(3360);
    expect(perPicture).toBeGreaterThanOrEqual(28 * 26 * 4);
  });

  it("keeps a crop inside the clip and in order", () => {
    const clock = hostTensor(
      Float32Array.from({ length: 64 * 6 }, (_, i) => Math.floor(i / 6)),
      [1, 64, 6],
    );
    const { data } =
      augmentUtdMhad({ inertial: clock }, Rng.fromSeed(6), { ...STILL, crop: 0.5 })["inertial"] ??
      clock;
    const times = Array.from({ length: 64 }, (_, row) => data[row * 6] ?? 0);
    expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0))).toBe(true);
    expect(times[0]).toBeGreaterThanOrEqual(0);
    expect(times[63]).toBeLessThanOrEqual(63);
    expect((times[63] ?? 0) - (times[0] ?? 0)).toBeLessThan(63);
  });

  it("refuses an input it does not know", () => {
    expect(() => augmentUtdMhad({ lips: clips.inertial }, Rng.fromSeed(1))).toThrow(ConfigError);
  });
});
