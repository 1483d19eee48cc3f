import { beforeAll, describe, expect, it } from "vitest";

import { attendPartner } from "../../../src/models/codebook/attendPartner.ts";
import {
  type CodebookState,
  initUniformCodebook,
} from "../../../src/models/codebook/CodebookState.ts";
import { deadCodes, reseedDeadCodes } from "../../../src/models/codebook/reseedDeadCodes.ts";
import { splitActiveCodes } from "../../../src/models/codebook/splitActiveCodes.ts";
import { updateCodebook } from "../../../src/models/codebook/updateCodebook.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const values = (tensor: Tensor): number[] => [...tensor.dataSync()];
const close = (expected: readonly number[], digits = 5) =>
  expected.map((value) => expect.closeTo(value, digits));

/** One clip of two frames, D = 1: case 2 of methods/cmg.md, 14.1. */
const za = () => tf.tensor([1, 9], [1, 2, 1]);
const zb = () => tf.tensor([8, 11], [1, 2, 1]);

describe("attendPartner", () => {
  it("gives the worked partners of the softmax form", () => {
    expect(values(attendPartner(za(), zb()))).toEqual(close([10.857722, 11]));
    expect(values(attendPartner(zb(), za()))).toEqual(close([9, 9], 2));
  });

  it("moves the codebook to the worked values", () => {
    const state: CodebookState<Tensor> = {
      codes: tf.tensor([[0], [10]]),
      counts: tf.tensor([1, 1]),
      sums: tf.tensor([[0], [10]]),
      idle: tf.zeros([2]),
    };
    const column = (rows: Tensor): Tensor => tf.reshape(rows, [2, 1]);
    const assigned = (own: Tensor, other: Tensor, index: number[]) => ({
      z: column(own),
      index: tf.tensor(index, [2], "int32"),
      partner: column(attendPartner(own, other)),
      paired: tf.ones([2]),
    });
    const moved = updateCodebook(
      state,
      [assigned(za(), zb(), [0, 1]), assigned(zb(), za(), [1, 1])],
      { decay: 0.9 },
    );
    expect(values(moved.sums)).toEqual(close([0.592886, 11.85], 4));
    expect(values(moved.codes)).toEqual(close([0.592886, 9.875], 4));
  });

  it("sees the window alone, and by direction where asked", () => {
    const a = tf.tensor([
      [
        [1, 0],
        [0, 1],
        [1, 0],
      ],
    ]);
    const b = tf.tensor([
      [
        [0, 5],
        [3, 0],
        [0, 2],
      ],
    ]);
    expect(values(attendPartner(a, b, { window: 0 }))).toEqual(values(b));
    // Direction alone: the longer vector does not win.
    const near = attendPartner(a, b, { window: 1, temperature: 1e-3, normalize: true });
    expect(values(near)).toEqual(close([3, 0, 0, 3.5, 3, 0], 4));
  });
});

describe("a code that nothing falls on", () => {
  it("leaps away under Laplace smoothing from the released start, by the worked law", () => {
    // 800 vectors on the other codes; γ 0.99, ε 1e-5, L 400.
    const L = 400;
    const fresh = initUniformCodebook(() => 0.75, L, 1);
    let state: CodebookState<Tensor> = {
      codes: tf.tensor(fresh.codes.data, [L, 1]),
      counts: tf.tensor(fresh.counts.data),
      sums: tf.tensor(fresh.sums.data, [L, 1]),
      idle: tf.tensor(fresh.idle.data),
    };
    const start = values(state.codes)[L - 1] ?? Number.NaN;
    expect(start).toBeCloseTo(0.5 / 400, 8);
    const worked = new Map([
      [1, 99049.5],
      [2, 49275.88],
      [90, 680.26],
      [300, 51.596],
    ]);
    // Eight rows that count a hundred times each: 800 vectors in little work.
    const vectors = {
      z: tf.ones([8, 1]),
      index: tf.tensor(
        Int32Array.from({ length: 8 }, (_, i) => i),
        [8],
        "int32",
      ),
      partner: tf.ones([8, 1]),
      paired: tf.fill([8], 100),
    };
    for (let k = 1; k <= 300; k++) {
      state = tf.tidy(() =>
        updateCodebook(state, [vectors], { decay: 0.99, form: "sequential", epsilon: 1e-5 }),
      );
      const expected = worked.get(k);
      if (expected === undefined) continue;
      const multiple = (values(state.codes)[L - 1] ?? Number.NaN) / start;
      expect(multiple / expected).toBeCloseTo(1, 3);
    }
  });
});

describe("resets", () => {
  const state = (idle: Tensor): CodebookState<Tensor> => ({
    codes: tf.tensor([[1], [2], [3]]),
    counts: tf.tensor([4, 6, 1e-4]),
    sums: tf.tensor([[4], [12], [3e-4]]),
    idle,
  });

  it("need both modalities by the paper's rule and any by the released one", () => {
    const idle = tf.tensor([
      [0, 0, 99],
      [0, 99, 99],
    ]);
    expect(values(deadCodes(idle, 50, "both"))).toEqual([0, 1, 1]);
    expect(values(deadCodes(idle, 50, "any"))).toEqual([0, 0, 1]);
  });

  it("count idle batches per modality where the state does", () => {
    const vectors = (index: number[]) => ({
      z: tf.ones([2, 1]),
      index: tf.tensor(index, [2], "int32"),
      partner: tf.ones([2, 1]),
      paired: tf.ones([2]),
    });
    const moved = updateCodebook(state(tf.zeros([2, 3])), [vectors([0, 0]), vectors([0, 1])], {
      decay: 0.9,
    });
    expect(values(moved.idle)).toEqual([0, 1, 1, 0, 0, 1]);
  });

  it("beside a code in use share its weight, and survive the next average", () => {
    const reset = splitActiveCodes(
      state(tf.tensor([0, 0, 51])),
      tf.tensor([0, 0, 0.6]),
      tf.tensor([[0], [0], [0.25]]),
      { idleLimit: 50 },
    );
    // 0.6 of the two codes in use is the second, e = 2 and N = 6.
    expect(values(reset.codes)).toEqual([1, 2, 2.25]);
    expect(values(reset.counts)).toEqual(close([4, 3, 3]));
    expect(values(reset.sums)).toEqual(close([4, 6, 6.75]));
    const nobody = {
      z: tf.ones([1, 1]),
      index: tf.tensor([0], [1], "int32"),
      partner: tf.ones([1, 1]),
      paired: tf.ones([1]),
    };
    const later = updateCodebook(reset, [nobody], { decay: 0.99 });
    expect(values(later.codes).slice(1)).toEqual(close([2, 2.25]));
  });

  it("share one parent's weight among several children", () => {
    const reset = splitActiveCodes(
      state(tf.tensor([0, 51, 51])),
      tf.tensor([0, 0.2, 0.9]),
      tf.zeros([3, 1]),
      { idleLimit: 50 },
    );
    expect(values(reset.codes)).toEqual([1, 1, 1]);
    expect(values(reset.counts)).toEqual(close([4 / 3, 4 / 3, 4 / 3]));
  });

  it("do nothing where no code is in use", () => {
    const before = state(tf.fill([3], 500));
    const after = splitActiveCodes(before, tf.zeros([3]), tf.ones([3, 1]), { idleLimit: 50 });
    expect(values(after.codes)).toEqual(values(before.codes));
  });

  it("without (N, o) are undone by the next average, as in the released code", () => {
    const dead = {
      ...state(tf.tensor([0, 0, 51])),
      counts: tf.tensor([4, 6, 1]),
      sums: tf.tensor([[4], [12], [3]]),
    };
    const reset = reseedDeadCodes(dead, tf.tensor([[7], [7], [7]]), {
      idleLimit: 50,
      syncStats: false,
    });
    expect(values(reset.codes)).toEqual([1, 2, 7]);
    const nobody = {
      z: tf.ones([1, 1]),
      index: tf.tensor([0], [1], "int32"),
      partner: tf.ones([1, 1]),
      paired: tf.ones([1]),
    };
    expect(values(updateCodebook(reset, [nobody], { decay: 0.99 }).codes)[2]).toBeCloseTo(3, 4);
  });
});

describe("counts in steady state", () => {
  const rng = Rng.fromSeed(3);
  const settle = (form: "simultaneous" | "sequential"): number => {
    let state: CodebookState<Tensor> = {
      codes: tf.tensor([[0], [1], [2]]),
      counts: tf.ones([3]),
      sums: tf.tensor([[0], [1], [2]]),
      idle: tf.zeros([3]),
    };
    for (let k = 0; k < 120; k++)
      state = tf.tidy(() => {
        const vectors = () => ({
          z: tf.tensor(rng.normalArray(20), [20, 1]),
          index: tf.tensor(
            Int32Array.from({ length: 20 }, () => rng.int(0, 3)),
            [20],
            "int32",
          ),
          partner: tf.zeros([20, 1]),
          paired: tf.ones([20]),
        });
        return updateCodebook(state, [vectors(), vectors()], { decay: 0.9, form, epsilon: 1e-5 });
      });
    return values(state.counts).reduce((sum, count) => sum + count, 0);
  };

  it("sum to B T of one modality in the sequential form and of all in the simultaneous one", () => {
    expect(settle("sequential")).toBeCloseTo(20, 2);
    expect(settle("simultaneous")).toBeCloseTo(40, 2);
  });
});
