import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import { distillFeatures, imlInfoNce } from "../../../src/models/imlrs/contrast.ts";
import { reconstructionLoss } from "../../../src/models/imlrs/reconstruction.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const numberOf = (tensor: Tensor): number => tensor.dataSync()[0] ?? Number.NaN;

/** methods/decur-imlrs.md, 1.12: z_s[i][j] = sin(1.3i + 0.7j + 1.1s) + 0.25 cos(0.9i(j+1) + s). */
function referenceView(s: number): Tensor {
  const values = Float32Array.from({ length: 32 }, (_, at) => {
    const [i, j] = [Math.floor(at / 4), at % 4];
    return Math.sin(1.3 * i + 0.7 * j + 1.1 * s) + 0.25 * Math.cos(0.9 * i * (j + 1) + s);
  });
  return tf.tensor(values, [8, 4]);
}

// methods/decur-imlrs.md, 2.13: NumPy, float64.
const A1 = referenceView.bind(undefined, 0);
const B1 = referenceView.bind(undefined, 2);

describe("imlInfoNce", () => {
  it.each([
    [0.07, 21.644177827833644, 0.4165238657],
    [0.1, 15.313554827556171, 0.4503153705],
    [0.5, 3.9525508757557635, 0.950644961],
  ])("gives the reference values at temperature %f", (temperature, cross, self) => {
    const [other, same] = [
      numberOf(imlInfoNce(A1(), B1(), { temperature })),
      numberOf(imlInfoNce(A1(), A1(), { temperature })),
    ];
    expect(Math.abs(other / cross - 1)).toBeLessThan(1e-6);
    expect(Math.abs(self / same - 1)).toBeLessThan(1e-6);
  });

  it("is never negative, ln B when all similarities are equal, 0 for orthonormal pairs at a small temperature", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.double({ min: 0.05, max: 2, noNaN: true }),
        (seed, temperature) => {
          const rng = Rng.fromSeed(seed);
          const [a, b] = [rng.normalArray(20), rng.normalArray(20)].map((x) =>
            tf.tensor(x, [5, 4]),
          );
          if (a === undefined || b === undefined) return;
          expect(numberOf(imlInfoNce(a, b, { temperature }))).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 30 },
    );
    const equal = numberOf(imlInfoNce(tf.ones([6, 4]), tf.ones([6, 4]), { temperature: 0.1 }));
    expect(equal).toBeCloseTo(Math.log(6), 6);
    expect(numberOf(imlInfoNce(tf.eye(4), tf.eye(4), { temperature: 0.01 }))).toBeCloseTo(0, 6);
  });

  it("counts an absent sample neither as an anchor nor as a candidate", () => {
    const rng = Rng.fromSeed(4);
    const [a, b] = [rng.normalArray(20), rng.normalArray(20)].map((x) => tf.tensor(x, [5, 4])) as [
      Tensor,
      Tensor,
    ];
    const first = (x: Tensor): Tensor => tf.slice(x, [0, 0], [4, 4]);
    for (const symmetric of [false, true]) {
      const masked = imlInfoNce(a, b, {
        temperature: 0.3,
        symmetric,
        present: tf.tensor([1, 1, 1, 1, 0]),
      });
      const cut = imlInfoNce(first(a), first(b), { temperature: 0.3, symmetric });
      expect(numberOf(masked)).toBeCloseTo(numberOf(cut), 5);
    }
    const none = imlInfoNce(a, b, { temperature: 0.3, present: tf.zeros([5]) });
    expect(numberOf(none)).toBe(0);
  });

  it("is the mean of both directions when symmetric", () => {
    const there = numberOf(imlInfoNce(A1(), B1(), { temperature: 0.5 }));
    const back = numberOf(imlInfoNce(B1(), A1(), { temperature: 0.5 }));
    const both = numberOf(imlInfoNce(A1(), B1(), { temperature: 0.5, symmetric: true }));
    expect(both).toBeCloseTo((there + back) / 2, 5);
    expect(Math.abs(there - back)).toBeGreaterThan(1e-3);
  });

  it("refuses a temperature of 0", () => {
    expect(() => imlInfoNce(A1(), B1(), { temperature: 0 })).toThrow(ConfigError);
  });
});

describe("distillFeatures", () => {
  const options = { teacherTemperature: 0.04, studentTemperature: 0.1 };

  it("gives the reference values", () => {
    const cross = numberOf(distillFeatures(A1(), B1(), options));
    const self = numberOf(distillFeatures(A1(), A1(), options));
    expect(Math.abs(cross / 7.9640194626 - 1)).toBeLessThan(1e-6);
    expect(Math.abs(self / 0.1574645725 - 1)).toBeLessThan(1e-6);
  });

  it("teaches the student only", () => {
    const gradients = tf.grads((student, teacher) =>
      tf.add(distillFeatures(student, teacher, options), tf.mul(tf.sum(teacher), 0)),
    )([A1(), B1()]);
    const sizes = gradients.map((gradient) => numberOf(tf.max(tf.abs(gradient))));
    expect(sizes[0]).toBeGreaterThan(0);
    expect(sizes[1]).toBe(0);
  });

  it("refuses a temperature of 0", () => {
    expect(() => distillFeatures(A1(), B1(), { ...options, studentTemperature: 0 })).toThrow(
      ConfigError,
    );
  });
});

describe("reconstructionLoss", () => {
  const modality = { adapter: { kind: "series", length: 6, channels: 1, window: 2 } } as const;
  const rng = Rng.fromSeed(8);
  const patches = tf.tensor(rng.normalArray(12), [2, 3, 2]);
  const predicted = tf.tensor(rng.normalArray(12), [2, 3, 2]);
  const visible = tf.tensor([
    [1, 0, 1],
    [0, 0, 1],
  ]);

  it("does not depend on what is predicted for visible patches", () => {
    const moved = tf.add(predicted, tf.mul(tf.expandDims(visible, 2), 5));
    const one = numberOf(reconstructionLoss(modality, predicted, { patches, visible }));
    expect(numberOf(reconstructionLoss(modality, moved, { patches, visible }))).toBe(one);
    const hidden = tf.add(predicted, tf.mul(tf.sub(1, tf.expandDims(visible, 2)), 5));
    expect(numberOf(reconstructionLoss(modality, hidden, { patches, visible }))).not.toBe(one);
  });

  it("is 0 when everything is visible, the plain error when everything is hidden", () => {
    const all = reconstructionLoss(modality, predicted, { patches, visible: tf.ones([2, 3]) });
    expect(numberOf(all)).toBe(0);
    const none = reconstructionLoss(modality, predicted, { patches, visible: tf.zeros([2, 3]) });
    const plain = tf.mean(tf.square(tf.sub(predicted, patches)));
    expect(numberOf(none)).toBeCloseTo(numberOf(plain), 6);
    const l1 = reconstructionLoss({ ...modality, reconstruction: "l1" }, predicted, {
      patches,
      visible: tf.zeros([2, 3]),
    });
    expect(numberOf(l1)).toBeCloseTo(numberOf(tf.mean(tf.abs(tf.sub(predicted, patches)))), 6);
  });

  it("weighs samples alike, and leaves out those with nothing hidden, absent or unknown", () => {
    const error = tf.square(tf.sub(predicted, patches)).dataSync();
    const first = ((error[2] ?? 0) + (error[3] ?? 0)) / 2;
    const second = ((error[6] ?? 0) + (error[7] ?? 0) + (error[8] ?? 0) + (error[9] ?? 0)) / 4;
    const both = reconstructionLoss(modality, predicted, { patches, visible });
    expect(numberOf(both)).toBeCloseTo((first + second) / 2, 5);
    const present = tf.tensor([0, 1]);
    const one = reconstructionLoss(modality, predicted, { patches, visible, present });
    expect(numberOf(one)).toBeCloseTo(second, 5);
    const known = tf.reshape(tf.tensor([1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1]), [2, 3, 2]);
    const some = reconstructionLoss(modality, predicted, { patches, visible, known });
    const knownSecond = ((error[8] ?? 0) + (error[9] ?? 0)) / 2;
    expect(numberOf(some)).toBeCloseTo(((error[2] ?? 0) + knownSecond) / 2, 5);
  });

  it("is the cross-entropy of class maps and tokens", () => {
    const tokens = { adapter: { kind: "tokens", length: 2, vocabulary: 3 } } as const;
    const logits = tf.tensor([
      [
        [1, 2, 3],
        [0, 0, 0],
      ],
    ]);
    const ids = tf.tensor([[[2], [1]]], [1, 2, 1], "int32");
    const loss = reconstructionLoss(tokens, logits, { patches: ids, visible: tf.zeros([1, 2]) });
    const first = -Math.log(Math.exp(3) / (Math.exp(1) + Math.exp(2) + Math.exp(3)));
    expect(numberOf(loss)).toBeCloseTo((first + Math.log(3)) / 2, 6);
    const map = {
      adapter: { kind: "classMap", rows: 2, columns: 2, classes: 2, embedding: 4, patch: 2 },
    } as const;
    const pixels = tf.tensor([[[0, 1, 1, 0]]], [1, 1, 4], "int32");
    const sure = tf.tensor([[[9, 0, 0, 9, 0, 9, 9, 0]]]);
    const small = reconstructionLoss(map, sure, { patches: pixels, visible: tf.zeros([1, 1]) });
    expect(numberOf(small)).toBeLessThan(2e-4);
  });
});
