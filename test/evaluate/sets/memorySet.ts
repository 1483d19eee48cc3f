import type { DataSet } from "../../../src/evaluate/DataSet.ts";
import type { NpyArray } from "../../../src/learn/npy.ts";

/** A data set whose arrays are given. */
export function memorySet(
  arrays: Readonly<Record<string, NpyArray>>,
  meta: Readonly<Record<string, unknown>> = {},
): DataSet {
  return {
    name: "memory",
    directory: "memory",
    meta,
    labelNames: (meta["label_names"] ?? []) as string[],
    hasSplit: (split) => Object.keys(arrays).some((name) => name.endsWith(`_${split}`)),
    array: async (name) => {
      const array = arrays[name];
      if (array === undefined) throw new Error(`the test has no ${name}`);
      return array;
    },
  };
}
