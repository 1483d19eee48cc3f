import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { type GmcForm, type GmcLossOptions, gmcLoss } from "../../../src/models/gmc/loss.ts";
import { unitLength } from "../../../src/models/layers/unitLength.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const FORMS: readonly GmcForm[] = ["code", "paper", "ablation"];
const numbers = (tensor: Tensor): number[] => [...tensor.dataSync()];
const lossOf = (joint: Tensor, modality: Tensor, options: GmcLossOptions): number =>
  numbers(gmcLoss(joint, modality, options))[0] ?? Number.NaN;
const units = (B: number, S: number, seed: number): Tensor =>
  unitLength(tf.tensor(Rng.fromSeed(seed).normalArray(B * S), [B, S]));

describe("gmcLoss at its landmarks", () => {
  // methods/gmc-mla.md, section 3.
  it.each([
    [64, 0.1, 4.8442, 0.0057],
    [24, 0.3, 3.8501, 0.9712],
    [128, 0.3, 5.5413, 2.3087],
  ])(
    "B %i, temperature %f: %f when all is collapsed, %f at the ideal",
    (B, temperature, collapsed, ideal) => {
      const same = tf.tile(tf.tensor([[1, 0]]), [B, 1]);
      expect(lossOf(same, same, { temperature })).toBeCloseTo(collapsed, 4);
      expect(lossOf(same, same, { temperature })).toBeCloseTo(Math.log(2 * B - 1), 5);
      const orthogonal = tf.eye(B);
      expect(lossOf(orthogonal, orthogonal, { temperature })).toBeCloseTo(ideal, 4);
      expect(lossOf(same, same, { temperature, form: "ablation" })).toBeCloseTo(Math.log(B - 1), 4);
      expect(lossOf(same, same, { temperature, form: "paper" }) / B).toBeCloseTo(
        Math.log(3 * (B - 1)),
        4,
      );
    },
  );

  it("gives 1.157474, 2.328515 and -0.6 for the crossed pair", () => {
    const joint = tf.eye(2);
    const crossed = tf.tensor([
      [0.6, 0.8],
      [0.8, 0.6],
    ]);
    const [code, paper, ablation] = FORMS.map((form) =>
      lossOf(joint, crossed, { temperature: 1, form }),
    );
    expect(code).toBeCloseTo(1.157474, 5);
    expect(paper).toBeCloseTo(2.328515, 5);
    expect(ablation).toBeCloseTo(-0.6, 5);
  });

  it("has the published gradient, before and after the normalisation", () => {
    const start = tf.tensor([
      [1, 0],
      [0, 1],
      [0.8, 0.6],
      [0.6, 0.8],
    ]);
    const halves = (z: Tensor): Tensor => {
      const [joint, modality] = tf.split(z, 2, 0);
      return gmcLoss(joint ?? z, modality ?? z, { temperature: 1 });
    };
    const ambient = [
      -0.149789, 0.042241, 0.042241, -0.149789, -0.188569, 0.315524, 0.315524, -0.188569,
    ];
    const tangent = [0, 0.042241, 0.042241, 0, -0.219336, 0.292448, 0.292448, -0.219336];
    const before = numbers(tf.grad(halves)(start));
    before.forEach((value, i) => void expect(value).toBeCloseTo(ambient[i] ?? 9, 5));
    const after = numbers(tf.grad((v) => halves(unitLength(v)))(start));
    after.forEach((value, i) => void expect(value).toBeCloseTo(tangent[i] ?? 9, 5));
  });

  it("is 0 for a batch of one in the code form", () => {
    expect(lossOf(units(1, 3, 1), units(1, 3, 2), { temperature: 0.1 })).toBeCloseTo(0, 6);
  });

  it("keeps a floor near log K for a modality with few distinct inputs", () => {
    // 4 classes of 8 samples each; the joint tells them apart, the modality knows the class alone.
    const classes = Array.from({ length: 32 }, (_, i) => i % 4);
    const label = tf.oneHot(tf.tensor1d(classes, "int32"), 4, 1, 0, "float32");
    const floor = lossOf(label, label, { temperature: 0.05 });
    expect(floor).toBeGreaterThan(Math.log(8) - 0.2);
    expect(floor).toBeLessThan(Math.log(16) + 0.1);
  });
});

describe("gmcLoss is invariant", () => {
  const cases = fc.record({
    B: fc.integer({ min: 2, max: 7 }),
    seed: fc.integer({ min: 0, max: 9999 }),
    temperature: fc.constantFrom(0.1, 0.3, 1),
  });

  it("to the order of the batch, and to a rotation of the space, in every form", () => {
    fc.assert(
      fc.property(cases, ({ B, seed, temperature }) => {
        const [joint, modality] = [units(B, 3, seed), units(B, 3, seed + 1)];
        const order = tf.tensor1d(
          Rng.fromSeed(seed).shuffle(Array.from({ length: B }, (_, i) => i)),
          "int32",
        );
        const [c, s] = [Math.cos(seed), Math.sin(seed)];
        const turn = tf.tensor([
          [c, -s, 0],
          [s, c, 0],
          [0, 0, 1],
        ]);
        for (const form of FORMS) {
          const base = lossOf(joint, modality, { temperature, form });
          const options = { temperature, form };
          const shuffled = lossOf(tf.gather(joint, order), tf.gather(modality, order), options);
          const turned = lossOf(tf.matMul(joint, turn), tf.matMul(modality, turn), options);
          const tolerance = 1e-4 * Math.max(1, Math.abs(base));
          expect(Math.abs(shuffled - base)).toBeLessThan(tolerance);
          expect(Math.abs(turned - base)).toBeLessThan(tolerance);
        }
      }),
      { numRuns: 15 },
    );
  });

  it("to swapping joint and modality in the code form, not in the paper's", () => {
    const [joint, modality] = [units(4, 3, 1), units(4, 3, 2)];
    const options = { temperature: 0.5 };
    expect(lossOf(modality, joint, options)).toBeCloseTo(lossOf(joint, modality, options), 5);
    const paper = { ...options, form: "paper" } as const;
    expect(
      Math.abs(lossOf(modality, joint, paper) - lossOf(joint, modality, paper)),
    ).toBeGreaterThan(1e-3);
  });

  it("and lies in (0, log(2B − 1) + 2/τ] in the code form", () => {
    fc.assert(
      fc.property(cases, ({ B, seed, temperature }) => {
        const loss = lossOf(units(B, 3, seed), units(B, 3, seed + 7), { temperature });
        expect(loss).toBeGreaterThan(0);
        expect(loss).toBeLessThanOrEqual(Math.log(2 * B - 1) + 2 / temperature + 1e-5);
      }),
      { numRuns: 20 },
    );
  });
});

describe("gmcLoss with a queue", () => {
  const [joint, modality] = [units(3, 4, 1), units(3, 4, 2)];
  const entries = { joint: units(2, 4, 3), modality: units(2, 4, 4) };

  it("counts what is allowed as further negatives of both halves, and nothing else", () => {
    const none = lossOf(joint, modality, {
      temperature: 0.5,
      queue: { ...entries, allowed: tf.zeros([3, 2]) },
    });
    expect(none).toBeCloseTo(lossOf(joint, modality, { temperature: 0.5 }), 5);

    const allowed = tf.tensor([
      [1, 0],
      [0, 0],
      [1, 1],
    ]);
    const loss = lossOf(joint, modality, { temperature: 0.5, queue: { ...entries, allowed } });
    const all = [...rows(joint), ...rows(modality)];
    const queued = [...rows(entries.joint), ...rows(entries.modality)];
    const mask = allowed.arraySync() as number[][];
    let expected = 0;
    for (let a = 0; a < 6; a++) {
      let sum = 0;
      for (let b = 0; b < 6; b++) if (b !== a) sum += Math.exp(dot(all[a], all[b]) / 0.5);
      for (let q = 0; q < 4; q++)
        if (mask[a % 3]?.[q % 2] === 1) sum += Math.exp(dot(all[a], queued[q]) / 0.5);
      expected += (Math.log(sum) - dot(all[a], all[(a + 3) % 6]) / 0.5) / 6;
    }
    expect(loss).toBeCloseTo(expected, 5);
  });
});

function rows(tensor: Tensor): number[][] {
  return tensor.arraySync() as number[][];
}

function dot(a: readonly number[] = [], b: readonly number[] = []): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
