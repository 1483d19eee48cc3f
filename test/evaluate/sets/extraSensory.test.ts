import { describe, expect, it } from "vitest";

import { ModelError } from "../../../src/errors.ts";
import type { DataSet } from "../../../src/evaluate/DataSet.ts";
import { EXTRA_SENSORY_GROUPS, readExtraSensory } from "../../../src/evaluate/sets/extraSensory.ts";
import type { NpyArray } from "../../../src/learn/npy.ts";

/** Two minutes of one person, two values per group; the second minute lacks watch and one location. */
function twoMinutes(overrides: { readonly [name: string]: NpyArray } = {}): DataSet {
  const array = (name: string): NpyArray => {
    const found = overrides[name];
    if (found !== undefined) return found;
    if (name === "activity_dev") return { shape: [2], data: Int8Array.of(3, -1) };
    if (name === "user_dev") return { shape: [2], data: Uint8Array.of(12, 12) };
    if (name === "minute_dev") return { shape: [2], data: Float32Array.of(0, 1.5) };
    if (name === "mask_dev")
      return { shape: [2, 8], data: Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1) };
    if (name === "x_watch_acc_dev")
      return { shape: [2, 2], data: Int8Array.of(16, -8, -128, -128) };
    if (name === "x_location_dev") return { shape: [2, 2], data: Int8Array.of(16, 0, -128, 32) };
    return { shape: [2, 2], data: Int8Array.of(0, 16, 32, -16) };
  };
  return {
    name: "extrasensory30",
    directory: "memory",
    meta: { activity_names: ["lying", "sitting", "standing", "walking", "running", "bicycling"] },
    labelNames: [],
    hasSplit: (split) => split === "dev",
    array: async (name) => array(name),
  };
}

describe("readExtraSensory", () => {
  it("tells a missing group by its mask and a missing value by a flag, never by a 0 alone", async () => {
    const set = await readExtraSensory(twoMinutes(), "dev");
    expect(set).toMatchObject({ count: 2, classes: 6 });
    expect([...set.labels]).toEqual([3, -1]);
    expect([...set.groups]).toEqual([12, 12]);
    expect([...set.minutes]).toEqual([0, 1.5]);
    expect(Object.keys(set.inputs)).toEqual([...EXTRA_SENSORY_GROUPS]);
    expect([...set.present.watch_acc]).toEqual([1, 0]);
    expect([...set.present.audio]).toEqual([1, 1]);
    expect(set.inputs.watch_acc).toMatchObject({
      shape: [2, 2],
      data: Float32Array.of(1, -0.5, 0, 0),
    });
    expect(set.inputs.location.shape).toEqual([2, 4]);
    expect([...set.inputs.location.data]).toEqual([1, 0, 0, 0, 0, 2, 1, 0]);
  });

  it("refuses a group or a mask of another number of minutes", async () => {
    const short = { shape: [1, 2], data: Int8Array.of(0, 0) };
    await expect(readExtraSensory(twoMinutes({ x_audio_dev: short }), "dev")).rejects.toThrow(
      ModelError,
    );
    const mask = { shape: [1, 8], data: new Uint8Array(8) };
    await expect(readExtraSensory(twoMinutes({ mask_dev: mask }), "dev")).rejects.toThrow(
      ModelError,
    );
  });
});
