import { describe, expect, it } from "vitest";

import { ModelError } from "../../../src/errors.ts";
import type { DataSet } from "../../../src/evaluate/DataSet.ts";
import { readHouston2013 } from "../../../src/evaluate/sets/houston2013.ts";
import type { NpyArray } from "../../../src/learn/npy.ts";

/** A set in memory: `rows` pixels per split whose numbers grow with row and column. */
function setOf(rows: { readonly [split: string]: number }, lidarRows = 0): DataSet {
  const array = (name: string): NpyArray => {
    const [content = "", split = ""] = name.split("_");
    const count = (rows[split] ?? 0) + (content === "lidar" ? lidarRows : 0);
    if (content === "label") return { shape: [count], data: Uint8Array.from({ length: count }) };
    const columns = content === "hsi" ? 144 : 21;
    const data = Uint16Array.from(
      { length: count * columns },
      (_, i) =>
        100 * (i % columns) + 1000 * (Math.floor(i / columns) % 2) + (split === "dev" ? 500 : 0),
    );
    return { shape: [count, columns], data };
  };
  return {
    name: "houston2013_pixels",
    directory: "memory",
    meta: {},
    labelNames: Array.from({ length: 15 }, (_, i) => `class ${i}`),
    hasSplit: (split) => split in rows,
    array: async (name) => array(name),
  };
}

describe("readHouston2013", () => {
  it("standardises every column by the training pixels, in every split", async () => {
    const set = setOf({ train: 4, dev: 2 });
    const train = await readHouston2013(set, "train");
    expect(train).toMatchObject({ count: 4, classes: 15 });
    expect(train.inputs["hyperspectral"]?.shape).toEqual([4, 144]);
    expect(train.inputs["lidar"]?.shape).toEqual([4, 21]);
    // Rows alternate between mean − 500 and mean + 500 in every column.
    expect(train.inputs["lidar"]?.data[0]).toBeCloseTo(-1, 4);
    expect(train.inputs["lidar"]?.data[21]).toBeCloseTo(1, 4);
    const dev = await readHouston2013(set, "dev");
    // The dev pixels lie half the training range higher: their own mean would hide that.
    expect(dev.inputs["hyperspectral"]?.data[0]).toBeCloseTo(0, 4);
    expect(dev.inputs["hyperspectral"]?.data[144]).toBeCloseTo(2, 4);
  });

  it("refuses modalities that do not have the same pixels", async () => {
    await expect(readHouston2013(setOf({ train: 4 }, 1), "train")).rejects.toThrow(ModelError);
  });
});
