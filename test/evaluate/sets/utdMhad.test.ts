import { describe, expect, it } from "vitest";

import { depthPictures } from "../../../src/evaluate/sets/depthPictures.ts";
import { resampleRows } from "../../../src/evaluate/sets/resampleRows.ts";
import { readUtdMhad } from "../../../src/evaluate/sets/utdMhad.ts";
import { memorySet } from "./memorySet.ts";

describe("resampleRows", () => {
  it("keeps the first and the last row and draws straight lines between", () => {
    expect([...resampleRows([0, 10, 20], 3, 1, 5)]).toEqual([0, 5, 10, 15, 20]);
    expect([...resampleRows([0, 1, 2, 3, 4, 5, 6, 7, 8], 9, 1, 3)]).toEqual([0, 4, 8]);
  });

  it("keeps columns apart, and repeats a clip of one row", () => {
    expect([...resampleRows([1, 100, 3, 300], 2, 2, 3)]).toEqual([1, 100, 2, 200, 3, 300]);
    expect([...resampleRows([7], 1, 1, 3)]).toEqual([7, 7, 7]);
  });
});

describe("depthPictures", () => {
  /** One clip of `frames` pictures with a square person of `value` at columns `from`..from+9. */
  function walk(columns: readonly number[], value = 100) {
    const data = new Uint8Array(columns.length * 60 * 80);
    columns.forEach((from, frame) => {
      for (let row = 20; row < 40; row++)
        data.fill(value, frame * 4800 + row * 80 + from, frame * 4800 + row * 80 + from + 10);
    });
    return { data, shape: [columns.length, 60, 80] };
  }

  it("follows the person: the same picture wherever it stands", () => {
    const left = depthPictures(walk([26, 26]), [0, 2], 2);
    const right = depthPictures(walk([44, 44]), [0, 2], 2);
    expect(left.shape).toEqual([1, 2, 30, 28, 4]);
    expect([...left.data]).toEqual([...right.data]);
    expect(left.data.some((value) => value !== 0)).toBe(true);
  });

  it("tells distance from the clip's median in half metres, nearer positive, and where it has none", () => {
    const clip = walk([34, 34, 34]);
    clip.data.fill(75, 20 * 80 + 34, 20 * 80 + 44); // the top row of the first frame, 25 steps nearer
    const { data } = depthPictures(clip, [0, 3], 3);
    const at = (row: number, column: number): number[] => [
      ...data.subarray((row * 28 + column) * 4, (row * 28 + column) * 4 + 4),
    ];
    expect(at(0, 0)).toEqual([0, 0, 0, 0]);
    expect(at(10, 13)[0]).toBeCloseTo(25 / 62.5 / 2, 5); // half of the block is nearer
    expect(at(10, 13)[1]).toBe(1);
    expect(at(11, 13)).toEqual([0, 1, 0, 0]);
  });

  it("gives the change since the row before, and none for the first", () => {
    const { data } = depthPictures(walk([34, 34, 40]), [0, 3], 3);
    const size = 30 * 28 * 4;
    const share = (row: number): number[] =>
      Array.from({ length: 28 }, (_, column) => data[row * size + (12 * 28 + column) * 4 + 3] ?? 0);
    expect(share(0).every((value) => value === 0)).toBe(true);
    expect(share(1).every((value) => value === 0)).toBe(true);
    expect(Math.min(...share(2))).toBe(-1);
    expect(Math.max(...share(2))).toBe(1);
  });
});

describe("readUtdMhad", () => {
  const skeleton = Int16Array.from({ length: 2 * 60 }, (_, i) => {
    const [row, joint, axis] = [Math.floor(i / 60), Math.floor(i / 3) % 20, i % 3];
    if (axis !== 1) return 1000;
    return joint === 0 ? 3000 + row : joint === 3 ? 1000 : 2000; // the head is one unit above the hip
  });
  const split = (name: string, offset: number) => ({
    [`inertial_${name}`]: {
      shape: [4, 6],
      data: Int16Array.from({ length: 24 }, (_, i) => offset + 10 * Math.floor(i / 6)),
    },
    [`inertial_offsets_${name}`]: { shape: [2], data: Int32Array.of(0, 4) },
    [`skeleton_${name}`]: { shape: [2, 20, 3], data: skeleton },
    [`skeleton_offsets_${name}`]: { shape: [2], data: Int32Array.of(0, 2) },
    [`depth_${name}`]: { shape: [1, 60, 80], data: new Uint8Array(4800) },
    [`depth_offsets_${name}`]: { shape: [2], data: Int32Array.of(0, 1) },
    [`label_${name}`]: { shape: [1], data: Uint8Array.of(3) },
    [`subject_${name}`]: { shape: [1], data: Uint8Array.of(7) },
  });
  const set = memorySet(
    { ...split("train", 0), ...split("dev", 15) },
    { label_names: Array.from({ length: 27 }, (_, i) => `action ${i}`) },
  );

  it("measures joints from the hip in units of its distance to the head", async () => {
    const { inputs, classes, labels, groups } = await readUtdMhad(set, "train");
    const first = inputs["skeleton"]?.data.subarray(0, 12) ?? [];
    expect([...first.slice(0, 3)]).toEqual([0, 1, 0]); // the head
    expect([...first.slice(9, 12)]).toEqual([0, 0, 0]); // the hip centre
    expect(first[4]).toBeCloseTo(0.5, 6);
    expect({ classes, label: labels[0], person: groups?.[0] }).toEqual({
      classes: 27,
      label: 3,
      person: 7,
    });
  });

  it("standardises the inertial numbers by the training people's, also elsewhere", async () => {
    const train = (await readUtdMhad(set, "train")).inputs["inertial"]?.data ?? [];
    const dev = (await readUtdMhad(set, "dev")).inputs["inertial"]?.data ?? [];
    const mean = (values: ArrayLike<number>): number =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(train)).toBeCloseTo(0, 5);
    expect(mean(dev)).toBeGreaterThan(1); // 15 steps above them
  });
});
