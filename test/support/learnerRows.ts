import type { RowFeatures } from "../../src/models/unified/inference.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { TINY } from "./tinyModel.ts";

/** Features of rows in which each class lies somewhere of its own, by stream; a stream may be absent. */
export function classRows(seed = 1): {
  readonly row: (label: number, present?: readonly [number, number]) => RowFeatures;
} {
  const rng = Rng.fromSeed(seed);
  const { codeDim: D, specific: F, classes } = TINY;
  const centre = (length: number): Float32Array[] =>
    classes.map(() => Float32Array.from({ length }, () => rng.normal(0, 1.5)));
  const [zs, ss] = [
    [centre(D), centre(D), centre(D)],
    [centre(F), centre(F), centre(F)],
  ];
  const around = (places: readonly Float32Array[][], slots: readonly number[], label: number) =>
    Float32Array.from(
      slots.flatMap((slot) =>
        Array.from(places[slot]?.[label] ?? [], (value) => value + 0.3 * rng.normal()),
      ),
    );
  return {
    row: (label, present = [1, 1]) => ({
      present: Float32Array.from(present),
      z: around(zs, [0, 1], label),
      s: around(ss, [0, 1], label),
      jointZ: around(zs, [0, 1, 2], label),
      jointS: around(ss, [0, 1, 2], label),
    }),
  };
}
