import { describe, expect, it } from "vitest";

import { ModelError } from "../../../src/errors.ts";
import { readFuelMoisture } from "../../../src/evaluate/sets/fuelMoisture.ts";
import { memorySet } from "./memorySet.ts";

const COVER = [
  [1, 5, 5],
  [9, 9, 2],
  [9, 9, 9],
  [4, 0, 9],
];

/** Four plots whose numbers grow from plot to plot; the dev split lies one step higher. */
function plots(split: string, count = 4) {
  const rows = (columns: number) =>
    Float32Array.from({ length: count * columns }, (_, i) => {
      const plot = Math.floor(i / columns);
      return 100 + 10 * (plot + (split === "dev" ? 1 : 0)) + (i % columns);
    });
  const series = (columns: number) => ({ shape: [count, 3, columns], data: rows(3 * columns) });
  return {
    [`s1_${split}`]: series(2),
    [`s2_${split}`]: { shape: [count, 3, 11], data: Int16Array.from(rows(33)) },
    [`era5_${split}`]: series(2),
    [`srtm_${split}`]: { shape: [count, 2], data: rows(2) },
    [`dynamic_world_${split}`]: { shape: [count, 3], data: Uint8Array.from(COVER.flat()) },
    [`target_${split}`]: { shape: [count], data: Float32Array.of(80, 90, 100, 110) },
  };
}

describe("readFuelMoisture", () => {
  const set = memorySet({ ...plots("train"), ...plots("dev") });

  it("takes the commonest land cover that is named, the first of equals, −1 where none is", async () => {
    const train = await readFuelMoisture(set, "train");
    expect([...train.labels]).toEqual([5, 2, -1, 4]);
    expect(train).toMatchObject({ count: 4, classes: 9 });
    expect([...train.moisture]).toEqual([80, 90, 100, 110]);
  });

  it("standardises by the training plots and adds the vegetation index", async () => {
    const [train, dev] = [await readFuelMoisture(set, "train"), await readFuelMoisture(set, "dev")];
    expect(train.inputs.radar.shape).toEqual([4, 3, 2]);
    expect(train.inputs.optical.shape).toEqual([4, 3, 12]);
    expect(train.inputs.terrain.shape).toEqual([4, 2]);
    const mean = train.inputs.radar.data.reduce((sum, value) => sum + value, 0);
    expect(mean).toBeCloseTo(0, 3);
    // One plot's step is 10, the deviation of every column about √(125 + spread of the dates).
    expect(dev.inputs.terrain.data[0]).toBeCloseTo(train.inputs.terrain.data[2] ?? 0, 5);
    // The index of B8 above B4 falls as both grow: the first plot's is the largest.
    const index = [0, 1, 2, 3].map((plot) => train.inputs.optical.data[plot * 36 + 11] ?? 0);
    expect(index[0]).toBe(Math.max(...index));
  });

  it("refuses arrays of different plots", async () => {
    const broken = memorySet({
      ...plots("train"),
      s1_train: { shape: [3, 3, 2], data: new Float32Array(18) },
    });
    await expect(readFuelMoisture(broken, "train")).rejects.toThrow(ModelError);
  });
});
