import type { NpyArray } from "../../learn/npy.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import type { DataSet } from "../DataSet.ts";
import { type Examples, gatherRows } from "../Examples.ts";

/** The modalities of the digits, by the names that metrics carry. */
export const MHD_MODALITIES = ["trajectory", "pen-image", "mnist-image", "speech"] as const;

export type MhdModality = (typeof MHD_MODALITIES)[number];

/** Written and spoken digits, and which of them make up one moment. */
export interface MhdDigits {
  /** Tuples: one digit, written by a pen, drawn on paper and spoken. */
  readonly count: number;
  readonly classes: number;
  /** [count] the digit. */
  readonly labels: Int32Array;
  /** Per modality [count] the row of `items` that a tuple uses. */
  readonly rows: Readonly<Record<MhdModality, Int32Array>>;
  /**
   * Per modality all its items: `trajectory` [W, 200] x and y in 0..1 as points; `pen-image` and
   * `mnist-image` [_, 28, 28, 1] ink in 0..1; `speech` [S, 64, 40] log-mel in 0..1. Row i of
   * `trajectory` and of `pen-image` are the same act of writing.
   */
  readonly items: Readonly<Record<MhdModality, HostTensor<"float32">>>;
  /** Per modality the digit of each item. */
  readonly itemLabels: Readonly<Record<MhdModality, Int32Array>>;
  /** [S] index of the speaker in the set's list. */
  readonly speakers: Int32Array;
  /** [W] who wrote. */
  readonly writers: Int32Array;
}

/**
 * MHD digits: pen trajectory and its picture (true pairs), MNIST picture and speech (paired by class).
 *
 * @throws {ModelError} If the arrays are not there.
 */
export async function readMhdDigits(data: DataSet, split: string): Promise<MhdDigits> {
  const read = (content: string): Promise<NpyArray> => data.array(`${content}_${split}`);
  const numbers = async (content: string): Promise<Int32Array> =>
    Int32Array.from((await read(content)).data);
  const pairs = await numbers("pairs");
  const column = (index: number): Int32Array =>
    Int32Array.from({ length: pairs.length / 4 }, (_, i) => pairs[4 * i + index] ?? 0);
  const pen = column(1);
  const penLabels = await numbers("pen_label");
  const trajectory = await read("pen_traj"); // [W, 100, 3]: x, y, pen
  const points = Float32Array.from(
    { length: (trajectory.data.length / 3) * 2 },
    (_, i) => (trajectory.data[(i >> 1) * 3 + (i & 1)] ?? 0) / 255,
  );
  return {
    count: pairs.length / 4,
    classes: 10,
    labels: column(0),
    rows: { trajectory: pen, "pen-image": pen, "mnist-image": column(2), speech: column(3) },
    items: {
      trajectory: hostTensor(points, [points.length / 200, 200]),
      "pen-image": ofBytes(await read("pen_image"), 1),
      "mnist-image": ofBytes(await read("mnist_image"), 1),
      speech: ofBytes(await read("speech_logmel")),
    },
    itemLabels: {
      trajectory: penLabels,
      "pen-image": penLabels,
      "mnist-image": await numbers("mnist_label"),
      speech: await numbers("speech_label"),
    },
    speakers: await numbers("speech_speaker"),
    writers: await numbers("pen_writer"),
  };
}

/** Tuples of digits as examples, gathered: for test splits and small subsets. */
export function mhdExamples(digits: MhdDigits, tuples: ArrayLike<number>): Examples {
  const pick = (from: Int32Array): Int32Array =>
    Int32Array.from({ length: tuples.length }, (_, i) => from[tuples[i] ?? -1] ?? -1);
  return {
    count: tuples.length,
    classes: digits.classes,
    labels: pick(digits.labels),
    inputs: Object.fromEntries(
      MHD_MODALITIES.map((name) => [name, gatherRows(digits.items[name], pick(digits.rows[name]))]),
    ),
  };
}

/** u8 numbers as 0..1, with `channels` as a last axis where given. */
function ofBytes({ data, shape }: NpyArray, channels?: number): HostTensor<"float32"> {
  return hostTensor(
    Float32Array.from(data, (value) => value / 255),
    channels === undefined ? shape : [...shape, channels],
  );
}
