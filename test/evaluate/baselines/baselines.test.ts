import { describe, expect, it, vi } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { linearCca } from "../../../src/evaluate/baselines/cca.ts";
import { trainInfoNcePairs } from "../../../src/evaluate/baselines/infoNcePairs.ts";
import { fitPca } from "../../../src/evaluate/baselines/pca.ts";
import { columnMeans, crossCovariance } from "../../../src/evaluate/baselines/rowProducts.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

// Each compiles programs: seconds on a free machine, much longer beside other work.
vi.setConfig({ testTimeout: 120_000 });

const rng = Rng.fromSeed(12);

/** [N, 2]: one direction of variance 9 along (0.6, 0.8), one of variance 1 across it. */
function tilted(count: number): Float32Array {
  const rows = new Float32Array(count * 2);
  for (let i = 0; i < count; i++) {
    const [along, across] = [rng.normal(0, 3), rng.normal()];
    rows[2 * i] = 5 + 0.6 * along - 0.8 * across;
    rows[2 * i + 1] = -2 + 0.8 * along + 0.6 * across;
  }
  return rows;
}

describe("fitPca", () => {
  it("finds the direction of largest variance and its size", async () => {
    const rows = tilted(5000);
    const pca = await fitPca(rows, 2, 2);
    expect(pca.variances[0]).toBeCloseTo(9, 0);
    expect(pca.variances[1]).toBeCloseTo(1, 0);
    const [along = 0] = await pca.project(Float32Array.of(5 + 0.6, -2 + 0.8));
    expect(Math.abs(along)).toBeCloseTo(1, 1);
  });

  it("gives uncorrelated components of mean 0, also over several runs of rows", async () => {
    const rows = tilted(5000);
    const projected = await (await fitPca(rows, 2, 2)).project(rows);
    const mean = columnMeans(projected, 2);
    const side = { rows: projected, size: 2, mean };
    const covariance = await crossCovariance(side, side);
    expect(Math.abs(mean[0] ?? 1)).toBeLessThan(1e-4);
    expect(Math.abs(covariance[1] ?? 1)).toBeLessThan(1e-3);
  });

  it("refuses rows that are not whole", async () => {
    await expect(fitPca(new Float32Array(7), 2, 1)).rejects.toThrow(ShapeError);
  });
});

describe("linearCca", () => {
  it("finds what two sides share and leaves out what each has alone", async () => {
    const count = 4000;
    const [a, b] = [new Float32Array(count * 3), new Float32Array(count * 2)];
    for (let i = 0; i < count; i++) {
      const shared = rng.normal();
      a.set([rng.normal(0, 5), shared + rng.normal(0, 0.5), rng.normal()], 3 * i);
      b.set([2 * shared + rng.normal(), rng.normal(0, 9)], 2 * i);
    }
    const cca = await linearCca({ a, sizeA: 3, b, sizeB: 2, components: 2 });
    // Each side is the shared part with a quarter of its variance in noise: correlation 1 / 1.25.
    expect(cca.correlations[0]).toBeCloseTo(0.8, 1);
    expect(cca.correlations[1]).toBeLessThan(0.1);
    const [pa, pb] = [await cca.projectA(a), await cca.projectB(b)];
    let [xy, xx, yy] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const [x, y] = [pa[2 * i] ?? 0, pb[2 * i] ?? 0];
      xy += x * y;
      xx += x * x;
      yy += y * y;
    }
    // The ridge keeps the reported correlation a little below the one found.
    expect(xy / Math.sqrt(xx * yy)).toBeCloseTo(cca.correlations[0] ?? 0, 1);
  });

  it("refuses sides of different lengths", async () => {
    const [a, b] = [new Float32Array(6), new Float32Array(6)];
    await expect(linearCca({ a, sizeA: 2, b, sizeB: 3, components: 1 })).rejects.toThrow(
      ConfigError,
    );
  });
});

describe("trainInfoNcePairs", () => {
  it("brings the two views of one thing together", async () => {
    const [batch, frames, size] = [16, 2, 4];
    const views = (random: Rng) => {
      const a = random.normalArray(batch * frames * size);
      return { a, b: a.map((value) => -3 * value + random.normal(0, 0.1)) };
    };
    const model = await trainInfoNcePairs({
      modalities: [
        { name: "a", size },
        { name: "b", size },
      ],
      encoder: { kind: "frames", hidden: 16 },
      dim: 8,
      batch,
      frames,
      temperature: 1,
      steps: 80,
      rate: 5e-3,
      seed: 1,
      threads: 1,
      draw: views,
    });
    const fresh = views(Rng.fromSeed(99));
    const [za, zb] = [await model.encode("a", fresh.a), await model.encode("b", fresh.b)];
    const rows = batch * frames;
    const score = (i: number, j: number): number => {
      let sum = 0;
      for (let d = 0; d < 8; d++) sum += (za[i * 8 + d] ?? 0) * (zb[j * 8 + d] ?? 0);
      return sum;
    };
    const found = Array.from({ length: rows }, (_, i) => i).filter((i) =>
      Array.from({ length: rows }, (_, j) => j).every((j) => score(i, j) <= score(i, i)),
    );
    expect(found.length / rows).toBeGreaterThan(0.6);
  });
});
