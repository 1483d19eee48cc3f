import { describe, expect, it } from "vitest";
import { ShapeError } from "../../../src/errors.ts";
import { gatherRows, pickExamples } from "../../../src/evaluate/Examples.ts";
import {
  MHD_MODALITIES,
  mhdExamples,
  readMhdDigits,
} from "../../../src/evaluate/sets/mhdDigits.ts";
import { hostTensor } from "../../../src/tensor/HostTensor.ts";
import { memorySet } from "./memorySet.ts";

const bytes = (count: number, ...shape: number[]) => {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const data = Uint8Array.from({ length: count * size }, (_, i) => Math.floor(i / size) * 51);
  return { shape: [count, ...shape], data };
};
const set = memorySet({
  pairs_dev: { shape: [2, 4], data: Int32Array.of(4, 1, 2, 0, 9, 0, 1, 2) },
  pen_traj_dev: { shape: [2, 100, 3], data: Uint8Array.from({ length: 600 }, (_, i) => i % 3) },
  pen_image_dev: bytes(2, 28, 28),
  pen_label_dev: { shape: [2], data: Uint8Array.of(9, 4) },
  pen_writer_dev: { shape: [2], data: Uint8Array.of(25, 26) },
  mnist_image_dev: bytes(3, 28, 28),
  mnist_label_dev: { shape: [3], data: Uint8Array.of(0, 9, 4) },
  speech_logmel_dev: bytes(3, 64, 40),
  speech_label_dev: { shape: [3], data: Uint8Array.of(4, 0, 9) },
  speech_speaker_dev: { shape: [3], data: Uint8Array.of(0, 1, 4) },
});

describe("readMhdDigits", () => {
  it("names for each tuple the item of each modality, all of the same digit", async () => {
    const digits = await readMhdDigits(set, "dev");
    expect(digits.count).toBe(2);
    for (const modality of MHD_MODALITIES)
      expect([...digits.rows[modality]].map((row) => digits.itemLabels[modality][row])).toEqual([
        4, 9,
      ]);
  });

  it("takes x and y of the pen, and bytes as 0..1", async () => {
    const { items } = await readMhdDigits(set, "dev");
    expect(items.trajectory.shape).toEqual([2, 200]);
    expect(
      [...items.trajectory.data.subarray(0, 4)].map((value) => Math.round(value * 255)),
    ).toEqual([0, 1, 0, 1]);
    expect(items["mnist-image"].shape).toEqual([3, 28, 28, 1]);
    expect(items["mnist-image"].data.at(-1)).toBeCloseTo(0.4, 6);
  });

  it("gathers tuples as examples", async () => {
    const examples = mhdExamples(await readMhdDigits(set, "dev"), [1, 0]);
    expect([...examples.labels]).toEqual([9, 4]);
    expect(examples.inputs["speech"]?.data[0]).toBeCloseTo(0.4, 6); // item 2
    expect(examples.inputs["speech"]?.data.at(-1)).toBe(0); // item 0
  });
});

describe("gatherRows", () => {
  const table = hostTensor(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);

  it("picks rows in the order asked for, also twice", () => {
    expect(gatherRows(table, [2, 0, 2])).toMatchObject({ shape: [3, 2] });
    expect([...gatherRows(table, [2, 0, 2]).data]).toEqual([5, 6, 1, 2, 5, 6]);
  });

  it("refuses a row that is not there", () => {
    expect(() => gatherRows(table, [3])).toThrow(ShapeError);
    expect(() => gatherRows(table, [-1])).toThrow(ShapeError);
  });

  it("keeps labels and groups with their rows", () => {
    const examples = {
      count: 3,
      classes: 2,
      labels: Int32Array.of(0, 1, 0),
      groups: Int32Array.of(5, 6, 7),
      inputs: { a: table },
    };
    const picked = pickExamples(examples, [1, 2]);
    expect({ labels: [...picked.labels], groups: [...(picked.groups ?? [])] }).toEqual({
      labels: [1, 0],
      groups: [6, 7],
    });
  });
});
