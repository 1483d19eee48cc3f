import { beforeAll, describe, expect, it } from "vitest";

import {
  EXEMPLARS,
  exemplarLogits,
  exemplarShapes,
} from "../../../src/models/unified/exemplars.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const { perClass, gain, sharpness, neutral } = EXEMPLARS;
const EAST = [1, 0] as const;
const NORTH = [0, 1] as const;

/** [classes · P, 2] of what each class has, and who has any. */
function remembered(classes: readonly (readonly (readonly [number, number])[])[]) {
  const rows = classes.flatMap((own) =>
    Array.from({ length: perClass }, (_, at) => [...(own[at] ?? [0, 0])]),
  );
  return {
    exemplars: tf.tensor2d(rows),
    exemplified: tf.tensor1d(classes.map((own) => Number(own.length > 0))),
  };
}
/** What a cosine adds. */
const adds = (cosine: number): number => gain * (Math.exp(sharpness * (cosine - 1)) - neutral);
const rowsOf = (tensor: Tensor): number[][] => tensor.arraySync() as number[][];

describe("what exemplars add to logits", () => {
  it("goes by the nearest of a class, whatever the length of what is looked at", () => {
    const memory = remembered([[NORTH, EAST], [NORTH], []]);
    const features = tf.tensor2d([
      [7, 0],
      [0.6, 0.8],
    ]);
    const [east = [], between = []] = rowsOf(exemplarLogits(features, memory));
    for (const [got, expected] of [
      [east, [adds(1), adds(0), 0]],
      [between, [adds(0.8), adds(0.8), 0]],
    ] as const)
      for (const [c, value] of got.entries()) expect(value).toBeCloseTo(expected[c] ?? 0, 4);
  });

  it("is each row's own where each has exemplars of its own", () => {
    const [one, other] = [remembered([[EAST], []]), remembered([[NORTH], [EAST]])];
    const both = {
      exemplars: tf.stack([one.exemplars, other.exemplars]),
      exemplified: tf.stack([one.exemplified, other.exemplified]),
    };
    const features = tf.tensor2d([[...EAST], [...EAST]]);
    const [first = [], second = []] = rowsOf(exemplarLogits(features, both));
    expect(first[0]).toBeCloseTo(adds(1), 4);
    expect(first[1]).toBeCloseTo(0, 6);
    expect(second[0]).toBeCloseTo(adds(0), 4);
    expect(second[1]).toBeCloseTo(adds(1), 4);
  });

  it("is finite of nothing", () => {
    const [row = []] = rowsOf(exemplarLogits(tf.zeros([1, 2]), remembered([[EAST], []])));
    expect(row[0]).toBeCloseTo(adds(0), 5);
    expect(row[1]).toBeCloseTo(0, 6);
  });

  it("has as many heads as there are streams, and the joint's", () => {
    const config = { streams: [{}, {}], classes: ["a", "b", "c"], codeDim: 4, specific: 5 };
    expect(exemplarShapes(config as never)).toEqual({
      exemplars: [3, 3 * perClass, 9],
      exemplified: [3, 3],
    });
  });
});
