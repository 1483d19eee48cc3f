import { describe, expect, it } from "vitest";

import { skeletonMotion } from "../../../src/evaluate/sets/skeletonMotion.ts";
import { hostTensor } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

const clip = (): Float32Array => Rng.fromSeed(1).normalArray(2 * 4 * 60);
const shape = [2, 4, 60];

describe("skeletonMotion", () => {
  it("gives joints relative to the row's hip, the hip itself, and five times the change", () => {
    const data = clip();
    const out = skeletonMotion(hostTensor(data, shape));
    expect(out.shape).toEqual([2, 4, 120]);
    const at = (row: number, i: number): number => data[row * 60 + i] ?? Number.NaN;
    expect(out.data[120 * 2 + 4]).toBeCloseTo(at(2, 4) - at(2, 10), 5); // y of a joint
    expect(out.data[120 * 2 + 10]).toBeCloseTo(at(2, 10), 5); // y of the hip
    expect(out.data[120 * 2 + 60 + 4]).toBeCloseTo(5 * (at(2, 4) - at(1, 4)), 4);
  });

  it("has no motion in the first row of any clip", () => {
    const { data } = skeletonMotion(hostTensor(clip(), shape));
    for (const row of [0, 4])
      expect(data.subarray(row * 120 + 60, row * 120 + 120).every((value) => value === 0)).toBe(
        true,
      );
  });

  it("does not see where a person stands, but for the hip's own place", () => {
    const data = clip();
    const moved = data.map((value, i) => value + (i % 3 === 0 ? 2 : 0));
    const [here, there] = [data, moved].map((each) => skeletonMotion(hostTensor(each, shape)).data);
    here?.forEach((value, i) => {
      const isHipX = i % 120 === 9;
      expect(there?.[i]).toBeCloseTo(value + (isHipX ? 2 : 0), 4);
    });
  });
});
