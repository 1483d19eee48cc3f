import { ShapeError } from "../errors.ts";
import { type HostTensor, hostTensor } from "../tensor/HostTensor.ts";

/** Labelled examples of several modalities: row i of every input is example i. */
export interface Examples {
  readonly count: number;
  readonly classes: number;
  /** [count] in 0..classes−1. */
  readonly labels: Int32Array;
  /** Per modality [count, ...]. */
  readonly inputs: Readonly<Record<string, HostTensor<"float32">>>;
  /** [count] whom or what an example is from, where splits must not share it: person, writer, video. */
  readonly groups?: Int32Array;
}

/**
 * Picks rows along the first axis.
 *
 * @param rows Which, in the order wanted; may repeat.
 * @returns [rows, ...], a copy.
 * @throws {ShapeError} If a row does not exist.
 */
export function gatherRows(
  tensor: HostTensor<"float32">,
  rows: ArrayLike<number>,
): HostTensor<"float32"> {
  const [count = 0, ...rest] = tensor.shape;
  const size = rest.reduce((product, dimension) => product * dimension, 1);
  const data = new Float32Array(rows.length * size);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? -1;
    if (!(row >= 0 && row < count))
      throw new ShapeError("gatherRows", `expected rows of 0..${count - 1}, got ${row}`);
    data.set(tensor.data.subarray(row * size, (row + 1) * size), i * size);
  }
  return hostTensor(data, [rows.length, ...rest]);
}

/** The examples at `rows`, in that order. @throws {ShapeError} If a row does not exist. */
export function pickExamples(examples: Examples, rows: ArrayLike<number>): Examples {
  const { classes, labels, inputs, groups } = examples;
  const pick = (from: Int32Array): Int32Array =>
    Int32Array.from({ length: rows.length }, (_, i) => from[rows[i] ?? -1] ?? -1);
  return {
    count: rows.length,
    classes,
    labels: pick(labels),
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [name, gatherRows(tensor, rows)]),
    ),
    ...(groups !== undefined && { groups: pick(groups) }),
  };
}
