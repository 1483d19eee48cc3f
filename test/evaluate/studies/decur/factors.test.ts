import { Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";

import { cutColumns, dimensionsOf } from "../../../../src/evaluate/studies/decur/cutColumns.ts";
import { determination, fitRidge } from "../../../../src/evaluate/studies/decur/fitRidge.ts";
import { privateFactors } from "../../../../src/evaluate/studies/decur/privateFactors.ts";
import { hostTensor } from "../../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

const N = 400;

/** Columns of numbers as a host tensor [N, columns]. */
function table(...columns: readonly Float32Array[]) {
  const data = Float32Array.from(
    { length: N * columns.length },
    (_, i) => columns[i % columns.length]?.[Math.floor(i / columns.length)] ?? 0,
  );
  return hostTensor(data, [N, columns.length]);
}

describe("fitRidge", () => {
  it("finds a linear map again, offset included, and says nothing of noise", () => {
    const rng = Rng.fromSeed(1);
    const [a, b, noise] = [rng.normalArray(N, 3, 2), rng.normalArray(N), rng.normalArray(N)];
    const y = Matrix.columnVector(a.map((value, i) => 2 * value - (b[i] ?? 0) + 7));
    const told = fitRidge(table(a, b), y, 1e-6).predict(table(a, b));
    expect(determination(y, told)).toBeGreaterThan(0.9999);
    const blind = fitRidge(table(noise), y, 1e-6).predict(table(noise));
    expect(Math.abs(determination(y, blind))).toBeLessThan(0.05);
  });

  it("says the mean where its weight is large", () => {
    const rng = Rng.fromSeed(2);
    const a = rng.normalArray(N);
    const y = Matrix.columnVector(a.map((value) => value + 5));
    const predicted = fitRidge(table(a), y, 1e9).predict(table(a));
    expect(predicted.get(3, 0)).toBeCloseTo(y.mean(), 5);
  });
});

describe("privateFactors", () => {
  it("parts what the other modality tells from what it does not", () => {
    const rng = Rng.fromSeed(3);
    const draw = () => {
      const [shared, own] = [rng.normalArray(N), rng.normalArray(N)];
      const tiny = rng.normalArray(N, 0, 0.01);
      return {
        shared,
        own,
        modality: table(
          shared.map((value, i) => value + (tiny[i] ?? 0)),
          own,
        ),
        other: table(shared, rng.normalArray(N)),
      };
    };
    const [train, test] = [draw(), draw()];
    const factors = privateFactors(
      { train: train.modality, test: test.modality },
      { train: train.other, test: test.other },
    );
    const correlation = (factor: Matrix, truth: Float32Array): number => {
      const y = Matrix.columnVector(truth);
      const told = fitRidge(hostTensor(Float32Array.from(factor.getColumn(0)), [N, 1]), y, 1e-6);
      const x = hostTensor(Float32Array.from(factor.getColumn(0)), [N, 1]);
      return determination(y, told.predict(x));
    };
    expect(correlation(factors.own.test, test.own)).toBeGreaterThan(0.95);
    expect(correlation(factors.shared.test, test.shared)).toBeGreaterThan(0.95);
    expect(correlation(factors.own.test, test.shared)).toBeLessThan(0.05);
  });
});

describe("dimensionsOf", () => {
  const z = hostTensor(
    Float32Array.from({ length: 12 }, (_, i) => i),
    [2, 6],
  );

  it("gives as many common columns as unique ones", () => {
    const { common, unique } = dimensionsOf(z, 4);
    expect([...common.data]).toEqual([0, 1, 6, 7]);
    expect([...unique.data]).toEqual([4, 5, 10, 11]);
    expect(cutColumns(z, 1, 3).shape).toEqual([2, 2]);
  });
});
