import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { correlationParts, correlationTerm } from "../../../src/models/decur/correlationTerm.ts";
import {
  type DecurLossOptions,
  decurLoss,
  type EmbeddedViews,
} from "../../../src/models/decur/loss.ts";
import { standardizeColumns } from "../../../src/models/decur/standardizeColumns.ts";
import { compile } from "../../../src/tensor/compile.ts";
import { defineProgram } from "../../../src/tensor/defineProgram.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { float32 } from "../../../src/tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { hadamard, range, referenceView } from "./embeddings.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const numberOf = (tensor: Tensor | undefined): number => tensor?.dataSync()[0] ?? Number.NaN;
const matrix = (data: Float32Array, columns: number): Tensor =>
  tf.tensor(data, [data.length / columns, columns]);
const modality = (name: string, first: Tensor, second: Tensor, present?: Tensor): EmbeddedViews =>
  present === undefined ? { name, first, second } : { name, first, second, present };
const pair = (a1: Tensor, a2: Tensor, b1: Tensor, b2: Tensor): EmbeddedViews[] => [
  modality("a", a1, a2),
  modality("b", b1, b2),
];
const intra = (a: Tensor, b: Tensor): number =>
  numberOf(decurLoss([modality("a", a, b)], { common: 0 }).terms["intra.a"]);
const random = (seed: number, rows: number, columns: number): Tensor =>
  matrix(Rng.fromSeed(seed).normalArray(rows * columns), columns);

// methods/decur-imlrs.md, section 1.12: numpy, float64.
const REFERENCE = {
  "intra.a": 1.0315377730505728,
  "intra.b": 1.331007392710669,
  "common.a-b": 7.0300176700023895,
  "unique.a-b": 0.40268643889678135,
  code: 2.026299073403609,
  paper: 9.795249274660412,
};

describe("decurLoss on the reference vectors", () => {
  it.each(["cpu", "tfjs"] as const)("gives every term and both totals on %s", async (device) => {
    const view = float32([8, 4]);
    const program = defineProgram({
      name: "decur-reference",
      inputs: { a1: view, a2: view, b1: view, b2: view },
      body: ({ a1, a2, b1, b2 }) => {
        const { loss, terms } = decurLoss(pair(a1, a2, b1, b2), { common: 3 });
        const paper = decurLoss(pair(a1, a2, b1, b2), { common: 3, weighting: "paper" });
        return { ...terms, code: loss, paper: paper.loss };
      },
    });
    await using compiled = await compile(program, { device });
    const [a1, a2, b1, b2] = range(0, 4).map(referenceView) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const out = (await compiled.run({ a1, a2, b1, b2 })) as Record<string, Float32Array>;
    for (const [name, expected] of Object.entries(REFERENCE)) {
      expect(Math.abs((out[name]?.[0] ?? 0) / expected - 1), name).toBeLessThan(1e-6);
    }
  });

  it("splits its terms into diagonal and rest as the reference does", () => {
    const [a1, a2, b1, b2] = range(0, 4).map(
      (s) => standardizeColumns(matrix(referenceView(s), 4)).value,
    ) as [Tensor, Tensor, Tensor, Tensor];
    const cut = (z: Tensor): Tensor => tf.slice(z, [0, 0], [8, 3]);
    const cases: [Tensor, Tensor, number, number][] = [
      [a1, a2, 0.9989959861861802, 6.380742522429912],
      [b1, b2, 1.297809474016279, 6.509395822429397],
      [cut(a1), cut(b1), 7.014650152989875, 3.0132386299048584],
    ];
    for (const [left, right, expectedOn, expectedOff] of cases) {
      const { on, off } = correlationParts(tf.div(tf.matMul(left, right, true), 8), 1);
      expect(Math.abs(numberOf(on) / expectedOn - 1)).toBeLessThan(1e-6);
      expect(Math.abs(numberOf(off) / expectedOff - 1)).toBeLessThan(1e-6);
    }
  });
});

describe("decurLoss on Hadamard columns, 12 common and 4 unique", () => {
  const A = (): Tensor => matrix(hadamard(range(0, 16)), 16);
  const B = (): Tensor => matrix(hadamard([...range(0, 12), ...range(16, 20)]), 16);
  const options: DecurLossOptions = { common: 12 };

  it("is 0 where the common block agrees and the unique blocks are orthogonal", () => {
    const { loss, terms } = decurLoss(pair(A(), A(), B(), B()), options);
    expect(numberOf(terms["intra.a"])).toBeLessThan(2e-9);
    expect(numberOf(terms["common.a-b"])).toBeLessThan(2e-9);
    expect(numberOf(terms["unique.a-b"])).toBe(0);
    expect(numberOf(loss)).toBeLessThan(2e-9);
  });

  it("charges the unique block of identical modalities one per dimension", () => {
    const { terms } = decurLoss(pair(A(), A(), A(), A()), options);
    expect(numberOf(terms["common.a-b"])).toBeLessThan(2e-9);
    expect(numberOf(terms["unique.a-b"])).toBeCloseTo(3.99992, 5);
  });

  it("is unchanged when the signs of one modality's unique block flip", () => {
    const flip = tf.tensor([...range(0, 12).map(() => 1), ...range(0, 4).map(() => -1)]);
    const noisy = tf.add(A(), tf.mul(random(1, 64, 16), 0.3));
    const of = (b: Tensor): number =>
      numberOf(decurLoss(pair(noisy, noisy, b, b), options).terms["unique.a-b"]);
    expect(of(tf.mul(A(), flip))).toBe(of(A()));
  });

  it("charges a dead dimension 1, copies λK(K−1), opposite views 4K", () => {
    const dead = tf.mul(A(), tf.tensor([0, ...range(0, 15).map(() => 1)]));
    expect(intra(dead, dead)).toBeCloseTo(1, 6);
    const copies = matrix(hadamard(range(0, 16).map(() => 3)), 16);
    expect(Math.abs(intra(copies, copies) / (0.0051 * 16 * 15) - 1)).toBeLessThan(3e-5);
    expect(intra(A(), tf.neg(A()))).toBeCloseTo(64, 2);
  });

  it("uses the biased deviation: the unbiased one would leave K/B²", () => {
    expect(intra(A(), A())).toBeLessThan(2e-9);
    const { variance } = standardizeColumns(A());
    expect([...variance.dataSync()]).toEqual(range(0, 16).map(() => 1));
  });

  it("is exactly unchanged by a joint permutation of rows, and of dimensions inside a block", () => {
    const rng = Rng.fromSeed(5);
    const rows = tf.tensor1d(rng.shuffle(range(0, 64)), "int32");
    const inside = tf.tensor1d(
      [...rng.shuffle(range(0, 12)), ...rng.shuffle(range(12, 16))],
      "int32",
    );
    const swapped = tf.tensor1d([12, ...range(1, 12), 0, 13, 14, 15], "int32");
    // Half the rows of B repeat other columns, so that no term is 0.
    const mixed = matrix(hadamard([...range(6, 12), ...range(0, 6), 13, 12, 14, 30]), 16);
    const of = (change: (z: Tensor) => Tensor): number =>
      numberOf(
        decurLoss(pair(change(A()), change(A()), change(mixed), change(mixed)), options).loss,
      );
    const plain = of((z) => z);
    expect(plain).toBeGreaterThan(1);
    expect(of((z) => tf.gather(z, rows))).toBe(plain);
    expect(of((z) => tf.gather(z, inside, 1))).toBe(plain);
    const half = matrix(hadamard([...range(0, 12), 12, 13, 30, 31]), 16);
    const cross = (change: (z: Tensor) => Tensor): number =>
      numberOf(decurLoss(pair(change(A()), change(A()), change(half), change(half)), options).loss);
    expect(Math.abs(cross((z) => tf.gather(z, swapped, 1)) - cross((z) => z))).toBe(0);
  });
});

describe("decurLoss on random embeddings", () => {
  const views = (): Tensor[] => range(0, 4).map((seed) => random(10 + seed, 40, 6));
  const total = ([a1, a2, b1, b2]: Tensor[], options: Partial<DecurLossOptions> = {}): number => {
    if (a1 === undefined || a2 === undefined || b1 === undefined || b2 === undefined)
      return Number.NaN;
    return numberOf(decurLoss(pair(a1, a2, b1, b2), { common: 4, ...options }).loss);
  };

  it("changes when a common dimension trades places with a unique one, and only then", () => {
    const plain = total(views());
    const permuted = (order: number[]): number =>
      total(views().map((z) => tf.gather(z, tf.tensor1d(order, "int32"), 1)));
    expect(Math.abs(permuted([3, 0, 2, 1, 5, 4]) / plain - 1)).toBeLessThan(1e-6);
    expect(Math.abs(permuted([4, 1, 2, 3, 0, 5]) / plain - 1)).toBeGreaterThan(1e-4);
  });

  it("ignores scale and offset of a dimension, up to ε", () => {
    const moved = views().map((z, at) =>
      tf.add(tf.mul(z, tf.tensor([2, 3, 1, 5, 4, 2])), tf.tensor([at, 1, -2, 0, 3, 1])),
    );
    expect(Math.abs(total(moved) / total(views()) - 1)).toBeLessThan(1e-4);
    const exact = { epsilon: 0 };
    expect(Math.abs(total(moved, exact) / total(views(), exact) - 1)).toBeLessThan(1e-6);
  });

  it("is symmetric in the modalities", () => {
    const [a1, a2, b1, b2] = views();
    expect(total([b1, b2, a1, a2] as Tensor[])).toBeCloseTo(total(views()), 5);
  });

  it("leaves the blocks between common and unique dimensions alone", () => {
    // In `leaking` B's unique dimensions repeat A's common ones.
    const A = matrix(hadamard(range(0, 6)), 6);
    const apart = matrix(hadamard([0, 1, 2, 3, 20, 21]), 6);
    const leaking = matrix(hadamard([0, 1, 2, 3, 0, 1]), 6);
    const terms = (b: Tensor) => decurLoss(pair(A, A, b, b), { common: 4 }).terms;
    for (const name of ["common.a-b", "unique.a-b"])
      expect(numberOf(terms(leaking)[name])).toBeCloseTo(numberOf(terms(apart)[name]), 12);
  });

  it("costs λK(K−1)/(B−1) where both views are the same noise", () => {
    const z = random(7, 256, 512);
    expect(Math.abs(intra(z, z) / 5.233 - 1)).toBeLessThan(0.02);
  });

  it("takes terms out that weigh nothing, and uses only first views across modalities", () => {
    const [a1, a2, b1, b2] = views() as [Tensor, Tensor, Tensor, Tensor];
    const crossOnly = decurLoss(pair(a1, a2, b1, b2), { common: 6, terms: { intra: 0 } });
    expect(Object.keys(crossOnly.terms)).toEqual(["common.a-b"]);
    const other = decurLoss(pair(a1, b2, b1, a2), { common: 6, terms: { intra: 0 } });
    expect(numberOf(other.loss)).toBe(numberOf(crossOnly.loss));
    expect(() =>
      decurLoss(pair(a1, a2, b1, b2), { common: 6, terms: { intra: 0, common: 0 } }),
    ).toThrow(ConfigError);
  });

  it("sums over three modalities as over their pairs", () => {
    const [a1, a2, b1, b2] = views() as [Tensor, Tensor, Tensor, Tensor];
    const [c1, c2] = [random(30, 40, 6), random(31, 40, 6)];
    const three = decurLoss([...pair(a1, a2, b1, b2), modality("c", c1, c2)], { common: 4 });
    const weights = (term: string): number => (term.startsWith("intra") ? 1 : 0.5) / 6;
    const expected = Object.entries(three.terms).reduce(
      (sum, [name, term]) => sum + weights(name) * numberOf(term),
      0,
    );
    expect(Object.keys(three.terms)).toHaveLength(9);
    expect(numberOf(three.loss)).toBeCloseTo(expected, 5);
    const without = decurLoss([...pair(a1, a2, b1, b2), modality("c", c1, c2)], {
      common: 4,
      pairWeight: (a, b) => (a === "a" && b === "b" ? 1 : 0),
    });
    expect(Object.keys(without.terms)).toHaveLength(5);
  });

  it("refuses another shape, a split outside K, and no modality", () => {
    const [a1, a2, b1] = views() as [Tensor, Tensor, Tensor];
    expect(() => decurLoss(pair(a1, a2, b1, random(1, 39, 6)), { common: 4 })).toThrow(ShapeError);
    expect(() => decurLoss(pair(a1, a2, b1, b1), { common: 7 })).toThrow(ConfigError);
    expect(() => decurLoss(pair(a1, a2, b1, b1), { common: 4, lambda: -1 })).toThrow(ConfigError);
    expect(() => decurLoss([], { common: 4 })).toThrow(ConfigError);
  });
});

describe("decurLoss with absent modalities", () => {
  const B = 48;
  const seen = (every: number): Float32Array =>
    Float32Array.from({ length: B }, (_, row) => (row % every === 0 ? 0 : 1));
  const rowsOf = (mask: Float32Array): Tensor =>
    tf.tensor1d(
      range(0, B).filter((row) => mask[row] === 1),
      "int32",
    );

  it("equals the loss of the rows that are there, pair by pair", () => {
    const [a1, a2, b1, b2] = range(0, 4).map((s) => random(50 + s, B, 5)) as Tensor[] as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const [inA, inB] = [seen(5), seen(7)];
    const masked = decurLoss(
      [modality("a", a1, a2, tf.tensor1d(inA)), modality("b", b1, b2, tf.tensor1d(inB))],
      { common: 3, minimumRows: 8 },
    ).terms;
    const cut = (rows: Tensor): EmbeddedViews[] => {
      const [x1, x2, y1, y2] = [a1, a2, b1, b2].map((z) => tf.gather(z, rows as never));
      return pair(x1 as Tensor, x2 as Tensor, y1 as Tensor, y2 as Tensor);
    };
    const inBoth = inA.map((value, row) => value * (inB[row] ?? 0));
    const expected: [string, Float32Array][] = [
      ["intra.a", inA],
      ["intra.b", inB],
      ["common.a-b", inBoth],
      ["unique.a-b", inBoth],
    ];
    for (const [name, mask] of expected) {
      const alone = decurLoss(cut(rowsOf(mask)), { common: 3 }).terms[name];
      expect(Math.abs(numberOf(masked[name]) / numberOf(alone) - 1), name).toBeLessThan(2e-6);
    }
  });

  it("does not depend at all on what stands where a modality is absent", () => {
    const mask = tf.tensor1d(seen(4));
    const [a1, a2, b1, b2] = range(0, 4).map((s) => random(60 + s, B, 5)) as Tensor[] as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const spoil = tf.mul(tf.sub(1, tf.reshape(mask, [B, 1])), random(99, B, 5));
    const loss = (first: Tensor): Tensor =>
      decurLoss([modality("a", a1, a2), modality("b", first, b2, mask)], {
        common: 3,
        minimumRows: 8,
      }).loss;
    expect(numberOf(loss(tf.add(b1, spoil)))).toBe(numberOf(loss(b1)));
    const gradient = tf.grad(loss)(b1);
    const absent = tf.mul(gradient, tf.sub(1, tf.reshape(mask, [B, 1])));
    expect(numberOf(tf.max(tf.abs(absent)))).toBe(0);
    expect(numberOf(tf.max(tf.abs(gradient)))).toBeGreaterThan(0);
  });

  it("leaves a term of too few rows out, also one of no row at all", () => {
    const [a1, b1] = [random(70, B, 5), random(71, B, 5)];
    for (const rows of [0, 31]) {
      const mask = tf.tensor1d(range(0, B).map((row) => (row < rows ? 1 : 0)));
      const { terms, loss } = decurLoss([modality("a", a1, a1), modality("b", b1, b1, mask)], {
        common: 3,
      });
      expect(numberOf(terms["common.a-b"])).toBe(0);
      expect(numberOf(terms["intra.b"])).toBe(0);
      expect(numberOf(loss)).toBeCloseTo(intra(a1, a1) / 3, 6);
    }
    const enough = tf.tensor1d(range(0, B).map((row) => (row < 32 ? 1 : 0)));
    const { terms } = decurLoss([modality("a", a1, a1), modality("b", b1, b1, enough)], {
      common: 3,
    });
    expect(numberOf(terms["common.a-b"])).toBeGreaterThan(0);
  });
});

describe("the gradient of decurLoss", () => {
  const B = 12;
  const K = 4;
  const lossOf =
    (present?: Tensor) =>
    (a1: Tensor, a2: Tensor, b1: Tensor, b2: Tensor): Tensor =>
      decurLoss([modality("a", a1, a2), modality("b", b1, b2, present)], {
        common: 2,
        minimumRows: 2,
        lambda: 0.3,
      }).loss;

  it.each(["all present", "some absent"])("is that of finite differences, %s", (name) => {
    const present =
      name === "all present" ? undefined : tf.tensor1d(range(0, B).map((i) => (i % 4 ? 1 : 0)));
    const inputs = range(0, 4).map((s) => random(80 + s, B, K));
    const gradients = tf.grads(lossOf(present))(inputs);
    for (const [which, input] of inputs.entries()) {
      const values = input.dataSync() as Float32Array;
      const analytic = gradients[which]?.dataSync() ?? [];
      for (let at = 0; at < values.length; at += 5) {
        const moved = (by: number): number => {
          const shifted = values.map((value, i) => (i === at ? value + by : value));
          const all = inputs.map((z, i) => (i === which ? matrix(shifted, K) : z));
          return numberOf(lossOf(present)(...(all as [Tensor, Tensor, Tensor, Tensor])));
        };
        expect(analytic[at]).toBeCloseTo((moved(1e-2) - moved(-1e-2)) / 2e-2, 3);
      }
    }
  });

  it("has no component along a shift or a rescaling of any dimension", () => {
    const inputs = range(0, 4).map((s) => random(90 + s, B, K));
    for (const [at, gradient] of tf.grads(lossOf())(inputs).entries()) {
      const z = inputs[at] as Tensor;
      const along = tf.sum(tf.mul(gradient, tf.sub(z, tf.mean(z, 0))), 0);
      expect(numberOf(tf.max(tf.abs(tf.sum(gradient, 0))))).toBeLessThan(1e-6);
      expect(numberOf(tf.max(tf.abs(along)))).toBeLessThan(2e-5);
    }
  });

  it("equals the closed form 2wλC through the standardisation", () => {
    const [a, b] = [random(95, B, K), random(96, B, K)];
    const term = (z: Tensor): Tensor =>
      correlationTerm(
        tf.div(tf.matMul(standardizeColumns(z).value, standardizeColumns(b).value, true), B),
        { target: 0, lambda: 0.5 },
      );
    const gradient = tf.grad(term)(a);
    const { value, variance } = standardizeColumns(a);
    const other = standardizeColumns(b).value;
    const C = tf.div(tf.matMul(value, other, true), B);
    const G = tf.mul(tf.mul(C, 2), tf.add(tf.mul(tf.eye(K), 0.5), 0.5));
    const g = tf.div(tf.matMul(other, G, false, true), B);
    const inner = tf.mul(value, tf.mean(tf.mul(g, value), 0));
    const expected = tf.div(
      tf.sub(tf.sub(g, tf.mean(g, 0)), inner),
      tf.sqrt(tf.add(variance, 1e-5)),
    );
    expect(numberOf(tf.max(tf.abs(tf.sub(gradient, expected))))).toBeLessThan(1e-6);
  });
});
