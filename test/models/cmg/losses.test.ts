import { beforeAll, describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/errors.ts";
import type { CmgCpc } from "../../../src/models/cmg/config.ts";
import { clubFull, clubLogLikelihood, clubSampled } from "../../../src/models/cmg/losses/club.ts";
import { cmcmLoss, softHistogram } from "../../../src/models/cmg/losses/cmcm.ts";
import { diagonalCrossEntropy, frameContrast } from "../../../src/models/cmg/losses/contrast.ts";
import { crossCpc } from "../../../src/models/cmg/losses/crossCpc.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const value = (tensor: Tensor): number => tensor.dataSync()[0] ?? Number.NaN;
const rng = Rng.fromSeed(7);
const random = (shape: number[]): Tensor =>
  tf.tensor(rng.normalArray(shape.reduce((product, side) => product * side, 1)), shape);
const swap = (y: Tensor): Tensor =>
  tf.gather(y, tf.tensor([1, 0], [2], "int32") as never) as Tensor;

describe("CLUB on the worked example of two clips and two frames", () => {
  const q = () => ({
    mean: tf.tensor([1, 2, 0, 0], [2, 2, 1]),
    logVariance: tf.tensor([0, -1, 0.5, 0], [2, 2, 1]),
  });
  const y = () => tf.tensor([1.5, 2, 0, 1], [2, 2, 1]);

  it("gives the released code's estimate", () => {
    expect(value(clubSampled(q(), y(), swap(y()), "code"))).toBeCloseTo(0.871746, 6);
  });

  it("gives eq. 5 with a permutation, and half of it with all pairs", () => {
    expect(value(clubSampled(q(), y(), swap(y())))).toBeCloseTo(0.979122, 6);
    expect(value(clubFull(q(), y()))).toBeCloseTo(0.489561, 6);
  });

  it("gives the log-likelihood", () => {
    expect(value(clubLogLikelihood(q(), y()))).toBeCloseTo(-0.09375, 7);
  });

  it("makes both time forms equal where the log-variance is constant over time", () => {
    const steady = { mean: random([3, 4, 2]), logVariance: tf.tile(random([3, 1, 2]), [1, 4, 1]) };
    const [target, other] = [random([3, 4, 2]), random([3, 4, 2])];
    expect(value(clubSampled(steady, target, other, "code"))).toBeCloseTo(
      value(clubSampled(steady, target, other, "paper")),
      5,
    );
  });

  it("has the closed-form gradients of the main loss", () => {
    const { mean, logVariance } = q();
    const weight = 1 / (2 * 2 * 2);
    const dMean = tf.grad((mu: Tensor) => clubSampled({ mean: mu, logVariance }, y(), swap(y())))(
      mean,
    );
    const dLog = tf.grad((lv: Tensor) => clubSampled({ mean, logVariance: lv }, y(), swap(y())))(
      logVariance,
    );
    const [m, lv, own, other] = [mean, logVariance, y(), swap(y())].map((each) => each.dataSync());
    for (let i = 0; i < 4; i++) {
      const at = (row: ArrayLike<number> | undefined): number => row?.[i] ?? Number.NaN;
      const shrink = Math.exp(-at(lv));
      expect(dMean.dataSync()[i]).toBeCloseTo(2 * weight * (at(own) - at(other)) * shrink, 6);
      const gap = (at(m) - at(other)) ** 2 - (at(m) - at(own)) ** 2;
      expect(dLog.dataSync()[i]).toBeCloseTo(-weight * gap * shrink, 6);
    }
  });
});

describe("CLUB of jointly Gaussian variables with the exact q", () => {
  /** mean ρx, variance 1 − ρ² in d = 1, or the least variance that a tanh allows. */
  const bound = (rho: number, form: "exact" | "tanh", scale = 1): number => {
    const draws = Rng.fromSeed(11);
    const clips = 20_000;
    const x = draws.normalArray(clips);
    const y = x.map((each) => scale * (rho * each + Math.sqrt(1 - rho * rho) * draws.normal()));
    const exact = Math.log(scale * scale * (1 - rho * rho));
    const lv = form === "exact" ? exact : Math.max(-1, Math.min(1, exact));
    return value(
      clubFull(
        {
          mean: tf.tensor(
            x.map((each) => scale * rho * each),
            [clips, 1, 1],
          ),
          logVariance: tf.fill([clips, 1, 1], lv),
        },
        tf.tensor(y, [clips, 1, 1]),
      ),
    );
  };

  // 20,000 draws leave about 1 % of the value.
  it.each([
    [0, 0],
    [0.3, 0.0989],
    [0.5, 0.3333],
    [0.7, 0.9608],
    [0.9, 4.2632],
  ])("is ρ²/(1 − ρ²), which is not the mutual information, at ρ = %f", (rho, expected) => {
    expect(Math.abs(bound(rho, "exact") - expected)).toBeLessThan(0.002 + 0.025 * expected);
  });

  it("is bounded by the tanh, whose estimate falls with the scale of y", () => {
    for (const [scale, expected] of [
      [1, 2.2018],
      [0.5, 0.55],
      [0.25, 0.138],
      [0.1, 0.022],
    ] as const)
      expect(bound(0.9, "tanh", scale) / expected).toBeCloseTo(1, 1);
    expect(bound(0.9, "exact", 0.1)).toBeCloseTo(bound(0.9, "exact"), 2);
  });
});

describe("L_cmcm", () => {
  const a = () =>
    tf.tensor2d([
      [0.9, 0.1],
      [0.2, 0.8],
    ]);
  const b = () =>
    tf.tensor2d([
      [0.8, 0.2],
      [0.3, 0.7],
    ]);

  it("gives the worked value of the released code's pairs", () => {
    expect(value(cmcmLoss(a(), b(), { pairForm: "mixed", epsilon: 0 }))).toBeCloseTo(0.172443, 6);
  });

  it("differs from the symmetric pairs off the diagonal alone", () => {
    const [pa, pb] = [a().arraySync() as number[][], b().arraySync() as number[][]];
    const cross = (left: number[] = [], right: number[] = []): number =>
      left.reduce((sum, p, k) => sum + p * Math.log(right[k] ?? 1), 0);
    const S = [0, 1].map((i) => [0, 1].map((j) => cross(pa[i], pb[j]) + cross(pb[j], pa[i])));
    const loss = S.reduce(
      (sum, row, i) => sum + Math.log(row.reduce((s, x) => s + Math.exp(x), 0)) - (row[i] ?? 0),
      0,
    );
    expect(value(cmcmLoss(a(), b(), { pairForm: "symmetric", epsilon: 0 }))).toBeCloseTo(
      loss / 2,
      5,
    );
  });

  it("assigns softly by distance, not by its square", () => {
    const p = softHistogram(
      tf.zeros([1, 1, 2]),
      tf.tensor2d([
        [3, 4],
        [0, 1],
      ]),
    ).dataSync();
    expect(p[0]).toBeCloseTo(0.017986, 6);
    expect(p[1]).toBeCloseTo(0.982014, 6);
  });

  it("has a finite gradient where a vector sits on a code", () => {
    const codes = tf.tensor2d([
      [1, 0],
      [0, 1],
    ]);
    const gradient = tf.grad((z: Tensor) =>
      cmcmLoss(softHistogram(z, codes), tf.tensor2d([[0.5, 0.5]]), { pairForm: "mixed" }),
    )(tf.tensor([1, 0], [1, 1, 2]));
    expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });
});

describe("the softmax of predictions", () => {
  const scores = () => tf.tensor([2, 0, 1, 3], [1, 2, 2]);

  it("runs over contexts in the released code and over targets in eq. 6", () => {
    expect(value(diagonalCrossEntropy(scores(), "contexts"))).toBeCloseTo(0.126928, 6);
    expect(value(diagonalCrossEntropy(scores(), "targets"))).toBeCloseTo(0.180925, 5);
    expect(value(diagonalCrossEntropy(scores(), "both"))).toBeCloseTo((0.126928 + 0.180925) / 2, 5);
  });

  it("leaves blocked pairs out", () => {
    const blocked = tf.tensor2d([
      [0, 1],
      [1, 0],
    ]);
    expect(value(diagonalCrossEntropy(scores(), "both", blocked))).toBeCloseTo(0, 6);
  });

  it("counts further negatives in the softmax over targets alone", () => {
    const extra = tf.tensor([2, 3], [1, 1, 2]);
    const expected = (Math.log(1 + Math.exp(-1) + 1) + Math.log(1 + Math.exp(-3) + 1)) / 2;
    expect(value(diagonalCrossEntropy(scores(), "targets", undefined, extra))).toBeCloseTo(
      expected,
      6,
    );
    expect(value(diagonalCrossEntropy(scores(), "contexts", undefined, extra))).toBeCloseTo(
      0.126928,
      6,
    );
  });
});

describe("Cross-CPC", () => {
  const config: CmgCpc = {
    layers: 1,
    hidden: 3,
    steps: 2,
    firstStart: 1,
    starts: "one",
    crossWeight: 1,
    selfWeight: 0.1,
    direction: "both",
    queue: 0,
    guard: false,
  };
  const side = (name: string, z: Tensor, predictions: readonly Tensor[]) => ({
    name,
    z,
    predictions,
  });

  it("costs 2.2 ln B with a critic that knows nothing", () => {
    const nothing = (name: string) =>
      side(name, random([8, 5, 3]), [tf.zeros([8, 5, 3]), tf.zeros([8, 5, 3])]);
    const { loss, cross } = crossCpc([nothing("a"), nothing("b")], tf.tensor1d([0, 1]), config);
    expect(value(loss)).toBeCloseTo(2.2 * Math.log(8), 4);
    expect(value(cross)).toBeCloseTo(Math.log(8), 5);
  });

  it("compares the prediction of step k after t with the frame t + k, whatever the others hold", () => {
    const [za, zb] = [random([4, 5, 3]), random([4, 5, 3])];
    const [pa, pb] = [random([4, 5, 3]), random([4, 5, 3])];
    const oneStep = { ...config, steps: 1, selfWeight: 0, direction: "contexts" as const };
    const at = (z: Tensor, t: number): number[][] =>
      tf.reshape(tf.slice(z, [0, t, 0], [4, 1, 3]), [4, 3]).arraySync() as number[][];
    const expected = (z: Tensor, p: Tensor): number => {
      const [targets, contexts] = [at(z, 3), at(p, 2)];
      return (
        targets.reduce((sum, target, i) => {
          const row = contexts.map((c) => c.reduce((dot, x, d) => dot + x * (target[d] ?? 0), 0));
          return sum + Math.log(row.reduce((s, x) => s + Math.exp(x), 0)) - (row[i] ?? 0);
        }, 0) / 4
      );
    };
    const { loss } = crossCpc(
      [side("a", za, [pa]), side("b", zb, [pb])],
      tf.tensor1d([0, 1, 0]),
      oneStep,
    );
    expect(value(loss)).toBeCloseTo(expected(zb, pa) + expected(za, pb), 4);
  });

  it("refuses weights for another number of starts", () => {
    const a = side("a", random([2, 5, 3]), [random([2, 5, 3]), random([2, 5, 3])]);
    expect(() => crossCpc([a, a], tf.tensor1d([1]), config)).toThrow(ConfigError);
  });
});

describe("the same-frame contrast", () => {
  it("is ln B for equal vectors and 0 for far apart ones that agree", () => {
    expect(value(frameContrast(tf.ones([6, 3, 4]), tf.ones([6, 3, 4]), 1))).toBeCloseTo(
      Math.log(6),
      5,
    );
    const far = tf.tile(tf.expandDims(tf.mul(tf.eye(4), 30), 1), [1, 3, 1]);
    expect(value(frameContrast(far, far, 1))).toBeCloseTo(0, 5);
  });

  it("takes the same frame of other clips as negatives, never another frame of its own", () => {
    // Each clip says one thing throughout, another than every other clip.
    const a = tf.tile(tf.expandDims(tf.mul(tf.eye(3), 30), 1), [1, 2, 1]);
    expect(value(frameContrast(a, a, 1))).toBeCloseTo(0, 5);
  });
});
