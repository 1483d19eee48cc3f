import { describe, expect, it } from "vitest";

import { readMosiUtt } from "../../../src/evaluate/sets/mosiUtt.ts";
import type { NpyArray } from "../../../src/learn/npy.ts";
import { memorySet } from "./memorySet.ts";

const rows = (...values: number[][]): NpyArray => ({
  shape: [values.length, values[0]?.length ?? 0],
  data: Float32Array.from(values.flat()),
});
const bytes = (...values: number[]): NpyArray => ({
  shape: [values.length],
  data: Uint8Array.from(values),
});

/** Two training utterances and one of the dev split, two numbers per modality. */
const set = memorySet({
  label_train: bytes(0, 1),
  label_dev: bytes(1),
  video_id_train: bytes(4, 5),
  video_id_dev: bytes(2),
  text_train: rows([1, 5], [3, 5]),
  text_dev: rows([4, 7]),
  audio_train: rows([-10, 0], [10, 2]),
  audio_dev: rows([356, -400]),
  video_train: rows([0, 0], [Math.E - 1, 0]),
  video_dev: rows([Math.E ** 2 - 1, 0.5]),
});

describe("readMosiUtt", () => {
  it("standardises by the training part, clips audio and takes the logarithm of video", async () => {
    const { inputs, labels, groups, classes } = await readMosiUtt(set, "dev");
    expect([...labels]).toEqual([1]);
    expect([...(groups ?? [])]).toEqual([2]);
    expect(classes).toBe(2);
    expect(inputs["text"]?.data[0]).toBeCloseTo(2, 5);
    expect(inputs["audio"]?.data[0]).toBeCloseTo(1, 5);
    expect(inputs["audio"]?.data[1]).toBeCloseTo(-11, 5);
    expect(inputs["video"]?.data[0]).toBeCloseTo(3, 4);
  });

  it("gives 0 for what never varied in training, however it varies later", async () => {
    const { inputs } = await readMosiUtt(set, "dev");
    expect(inputs["text"]?.data[1]).toBe(0);
    expect(inputs["video"]?.data[1]).toBe(0);
  });

  it("gives every training column mean 0 and deviation 1", async () => {
    const { inputs } = await readMosiUtt(set, "train");
    expect([...(inputs["audio"]?.data ?? [])]).toEqual([-1, -1, 1, 1]);
  });
});
