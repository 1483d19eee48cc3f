import { describe, expect, it } from "vitest";

import type { RowLine } from "../../../src/learn/rows/RowLine.ts";
import { foldStandards, measureStandards } from "../../../src/learn/rows/Standards.ts";
import { createInference } from "../../../src/models/unified/inference.ts";
import { initParams } from "../../../src/models/unified/params.ts";
import { hostTensor } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { TINY } from "../../support/tinyModel.ts";

const rng = Rng.fromSeed(8);

/** 200 rows of features far from mean 0 and deviation 1; every third row of `b` is missing. */
const line: RowLine = {
  rows: 200,
  labels: new Int32Array(200),
  streams: {
    a: {
      size: 2,
      x: Float32Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 100 : -3) + rng.normal(0, 5)),
      present: new Float32Array(200).fill(1),
    },
    b: {
      size: 3,
      x: Float32Array.from({ length: 600 }, (_, i) =>
        Math.floor(i / 3) % 3 === 0 ? 1e6 : rng.normal(i % 3, 0.01 + (i % 3)),
      ),
      present: Float32Array.from({ length: 200 }, (_, row) => (row % 3 === 0 ? 0 : 1)),
    },
  },
};

describe("standards", () => {
  const standards = measureStandards([line], TINY);

  it("are of the sensed rows alone, and a still feature is not blown up", () => {
    expect(standards["a"]?.mean[0]).toBeCloseTo(100, 0);
    expect(standards["a"]?.deviation[1]).toBeCloseTo(5, 0);
    expect(standards["b"]?.mean[2]).toBeCloseTo(2, 0);
    expect(standards["b"]?.deviation[0]).toBeGreaterThan(0.05);
  });

  it("are exact far from zero and however small the unit", () => {
    const around = (middle: number, by: number): Float32Array =>
      Float32Array.from(
        { length: 400 },
        (_, i) => middle + (Math.floor(i / 2) % 2 === 0 ? by : -by),
      );
    const lines = [101_325, 4e-8].map((middle): RowLine => {
      const a = {
        size: 2,
        x: around(middle, middle / 1e4),
        present: new Float32Array(200).fill(1),
      };
      return { rows: 200, labels: new Int32Array(200), streams: { a } };
    });
    for (const own of lines) {
      const { mean, deviation } = measureStandards([own], TINY)["a"] ?? { mean: [], deviation: [] };
      expect((deviation[0] ?? 0) / (mean[0] ?? 0)).toBeCloseTo(1e-4, 6);
    }
  });

  it.each(["feature", "stream"] as const)(
    "give a feature that never moved no weight: scaled by %s, its first move live changes nothing",
    async (scaling) => {
      const still = Float32Array.from({ length: 400 }, (_, i) =>
        i % 2 === 0 ? 0.3 : rng.normal(),
      );
      const present = new Float32Array(200).fill(1);
      const streams = { ...line.streams, a: { size: 2, x: still, present } };
      const own = measureStandards([{ ...line, streams }], TINY, { a: scaling });
      expect(own["a"]?.deviation[0]).toBe(Number.POSITIVE_INFINITY);
      expect(own["a"]?.deviation[1]).toBeGreaterThan(0.5);
      const params = initParams(TINY, () => rng.uniform());
      const codes = hostTensor(rng.normalArray(TINY.codes * TINY.codeDim), [
        TINY.codes,
        TINY.codeDim,
      ]);
      const config = TINY;
      await using live = await createInference({
        config,
        params: foldStandards(params, own),
        codes,
      });
      const answer = async (first: number) => {
        const row = { a: Float32Array.of(first, 0.5), b: undefined };
        return [...(await live.step(row, live.initialState())).outputs.logProbabilities];
      };
      expect(await answer(0.31)).toEqual(await answer(0.3));
      expect((await answer(1_000)).every(Number.isFinite)).toBe(true);
    },
  );

  it("fold into the weights: raw features give what standardised ones gave", async () => {
    const params = initParams(TINY, () => rng.uniform());
    const codes = hostTensor(rng.normalArray(TINY.codes * TINY.codeDim), [
      TINY.codes,
      TINY.codeDim,
    ]);
    const folded = foldStandards(params, standards);
    await using plain = await createInference({ config: TINY, params, codes });
    await using ready = await createInference({ config: TINY, params: folded, codes });
    let [before, after] = [plain.initialState(), ready.initialState()];
    for (let row = 0; row < 6; row++) {
      const raw = Float32Array.of(100 + rng.normal(0, 5), -3 + rng.normal(0, 5));
      const { mean, deviation } = standards["a"] ?? { mean: [], deviation: [] };
      const standard = raw.map((value, i) => (value - (mean[i] ?? 0)) / (deviation[i] ?? 1));
      const expected = await plain.step({ a: standard, b: undefined }, before);
      const got = await ready.step({ a: raw, b: undefined }, after);
      [before, after] = [expected.state, got.state];
      for (const [at, value] of expected.outputs.logProbabilities.entries())
        expect(got.outputs.logProbabilities[at]).toBeCloseTo(value, 3);
    }
  });
});
