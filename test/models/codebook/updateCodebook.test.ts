import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import type { CodebookState } from "../../../src/models/codebook/CodebookState.ts";
import {
  type Assigned,
  type MmEmaOptions,
  updateCodebook,
} from "../../../src/models/codebook/updateCodebook.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** D = 1, L = 2: the codebook of methods/cmg.md, section 14.1. */
const START = (): CodebookState<Tensor> => ({
  codes: tf.tensor([[0], [10]]),
  counts: tf.tensor([1, 1]),
  sums: tf.tensor([[0], [10]]),
  idle: tf.zeros([2]),
});

function vectors(own: number[], index: number[], partner: number[]): Assigned {
  const column = (values: number[]): Tensor => tf.tensor(values, [values.length, 1]);
  return {
    z: column(own),
    index: tf.tensor(index, [index.length], "int32"),
    partner: column(partner),
    paired: tf.ones([own.length]),
  };
}

function numbers(state: CodebookState<Tensor>): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(state).map(([name, tensor]) => [name, [...tensor.dataSync()]]),
  );
}

function run(modalities: readonly Assigned[], options: Partial<MmEmaOptions> = {}) {
  return numbers(updateCodebook(START(), modalities, { decay: 0.9, ...options }));
}

const CASE_1 = () => [vectors([1, 9], [0, 1], [2, 11]), vectors([2, 11], [0, 1], [1, 9])];
const CASE_2 = () => [vectors([1, 9], [0, 1], [8, 11]), vectors([8, 11], [1, 1], [1, 9])];

describe("updateCodebook", () => {
  it("gives the worked values of the simultaneous form", () => {
    const agreed = run(CASE_1());
    expect(agreed["counts"]?.[0]).toBeCloseTo(1.1, 6);
    expect(agreed["sums"]).toEqual([expect.closeTo(0.3, 5), expect.closeTo(11, 5)]);
    expect(agreed["codes"]).toEqual([expect.closeTo(0.3 / 1.1, 5), expect.closeTo(10, 5)]);
    const split = run(CASE_2());
    expect(split["sums"]).toEqual([expect.closeTo(0.45, 5), expect.closeTo(11.45, 5)]);
    expect(split["codes"]).toEqual([expect.closeTo(0.45, 5), expect.closeTo(9.541667, 5)]);
  });

  it("gives the worked values of the sequential form, with and without smoothing", () => {
    const agreed = run(CASE_1(), { form: "sequential" });
    expect(agreed["codes"]).toEqual([expect.closeTo(0.285, 5), expect.closeTo(10, 5)]);
    const split = run(CASE_2(), { form: "sequential" });
    expect(split["counts"]).toEqual([expect.closeTo(0.9, 5), expect.closeTo(1.1, 5)]);
    expect(split["codes"]).toEqual([expect.closeTo(0.45, 5), expect.closeTo(9.5, 5)]);
    const smoothed = run(CASE_2(), { form: "sequential", epsilon: 1e-5 });
    expect(smoothed["codes"]).toEqual([expect.closeTo(0.4499995, 6), expect.closeTo(9.5000086, 5)]);
    expect((smoothed["counts"] ?? []).reduce((sum, count) => sum + count, 0)).toBeCloseTo(2, 5);
  });

  it("equals plain averaging over all vectors where every pair agrees", () => {
    const [a, b] = [
      [1, 2, 9],
      [0.5, 3, 12],
    ];
    const index = [0, 0, 1];
    const paired = run([vectors(a, index, b), vectors(b, index, a)]);
    const pooled = run([vectors(a, index, a), vectors(b, index, b)]);
    for (const [at, code] of (paired["codes"] ?? []).entries())
      expect(code).toBeCloseTo(pooled["codes"]?.[at] ?? Number.NaN, 5);
  });

  it("does not depend on the order of modalities in the simultaneous form, and does in the other", () => {
    const turned = [...CASE_2()].reverse();
    expect(run(turned)["codes"]).toEqual(run(CASE_2())["codes"]);
    expect(run(turned, { form: "sequential" })["codes"]).not.toEqual(
      run(CASE_2(), { form: "sequential" })["codes"],
    );
  });

  it("adds (1 - decay) of all vectors to the sums whatever they were assigned to", () => {
    const rng = Rng.fromSeed(5);
    const a = [...rng.normalArray(20)];
    const b = [...rng.normalArray(20)];
    const any = (): number[] => a.map(() => rng.int(0, 2));
    const before = 0.9 * 10;
    const { sums = [] } = run([vectors(a, any(), b), vectors(b, any(), a)]);
    const gained = sums.reduce((sum, value) => sum + value, 0) - before;
    const all = [...a, ...b].reduce((sum, value) => sum + value, 0);
    expect(gained).toBeCloseTo(0.1 * all, 4);
  });

  it("leaves vectors without a partner out, and codes nobody chose where they are", () => {
    const alone = { ...vectors([1, 9], [0, 0], [0, 0]), paired: tf.zeros([2]) };
    const moved = run([alone]);
    expect(moved["codes"]).toEqual([0, expect.closeTo(10, 5)]);
    expect(moved["idle"]).toEqual([1, 1]);
    expect(run(CASE_1())["idle"]).toEqual([0, 0]);
  });

  it("keeps a code in place while its count is below the floor", () => {
    const faint = { ...START(), counts: tf.tensor([1e-9, 1]), sums: tf.tensor([[5e-9], [10]]) };
    const moved = numbers(updateCodebook(faint, [vectors([9], [1], [9])], { decay: 0.9 }));
    expect(moved["codes"]?.[0]).toBe(0);
  });

  it("refuses a decay of 1", () => {
    expect(() => updateCodebook(START(), CASE_1(), { decay: 1 })).toThrow(ConfigError);
  });
});
