import { describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { delaunayComponents } from "../../../src/robustness/dca/delaunayComponents.ts";
import { minimumSpanningTree } from "../../../src/robustness/dca/minimumSpanningTree.ts";
import { distinctPoints, joinPoints } from "../../../src/robustness/dca/Points.ts";
import { sampleDelaunayEdges } from "../../../src/robustness/dca/sampleDelaunayEdges.ts";
import { type HostTensor, hostTensor } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { goldenEvaluated, goldenReference } from "./golden.ts";

const golden = { reference: goldenReference, evaluated: goldenEvaluated };
const goldenPoints = joinPoints(distinctPoints(goldenReference), distinctPoints(goldenEvaluated));

/** `each` points around every centre, deviation 0.3. */
function clusters(rng: Rng, centres: readonly (readonly number[])[], each: number) {
  const data = centres.flatMap((centre) =>
    Array.from({ length: each }, () => centre.map((at) => rng.normal(at, 0.3))).flat(),
  );
  return hostTensor(Float32Array.from(data), [centres.length * each, centres[0]?.length ?? 0]);
}
const CENTRES = [
  [0, 0, 0, 0],
  [8, 0, 0, 0],
  [0, 8, 0, 0],
];

const moved = (points: HostTensor<"float32">, by: (value: number) => number) =>
  hostTensor(points.data.map(by), points.shape);

describe("delaunayComponents on the golden 40 points", () => {
  // methods/gmc-mla.md, section 2.5: the figures of the released tool's example.
  const report = delaunayComponents({ ...golden, rays: 4000 });

  it("finds the 107 Delaunay edges by ray sampling", () => {
    expect(sampleDelaunayEdges(goldenPoints, 4000, Rng.fromSeed(5))).toHaveLength(107);
    expect(report.edges).toEqual({ sampled: 107, distilled: 95, mixed: 19 });
  });

  it("finds the spanning tree of length 27.1940 with 3.7377 and 3.5425 as its longest edges", () => {
    const lengths = minimumSpanningTree(goldenPoints).map(({ length }) => length);
    expect(lengths).toHaveLength(39);
    expect(lengths.reduce((a, b) => a + b, 0)).toBeCloseTo(27.194, 3);
    const [first = 0, second = 0] = lengths.sort((a, b) => b - a);
    expect(first).toBeCloseTo(3.7377, 4);
    expect(second).toBeCloseTo(3.5425, 4);
  });

  it("finds components of 8 and 19, 12 and 0, and one outlier of E", () => {
    expect(
      report.components.map(({ reference, evaluated, edges }) => [reference, evaluated, edges]),
    ).toEqual([
      [8, 19, 70],
      [12, 0, 25],
    ]);
    const [mixed, alone] = report.components;
    expect(mixed?.consistency).toBeCloseTo(0.5926, 4);
    expect(mixed?.quality).toBeCloseTo(0.2714, 4);
    expect([alone?.consistency, alone?.quality]).toEqual([0, 0]);
    expect(report.outliers).toBe(1);
  });

  it("scores 0.95, 0.40, 0.20 and 0.350769 in all", () => {
    expect(report.precision).toBeCloseTo(0.95, 12);
    expect(report.recall).toBeCloseTo(0.4, 12);
    expect(report.quality).toBeCloseTo(0.2, 12);
    expect(report.score).toBeCloseTo(0.350769, 6);
    expect(report.networkConsistency).toBe(1);
  });

  it.each([3, 5])("is the same for components of at least %i points", (minClusterSize) => {
    expect(delaunayComponents({ ...golden, rays: 4000, minClusterSize })).toEqual(report);
  });

  it("finds no component of at least 15 points: the root may not be one", () => {
    const none = delaunayComponents({ ...golden, rays: 400, minClusterSize: 15 });
    expect(none.outliers).toBe(40);
    expect([none.precision, none.recall, none.quality, none.score]).toEqual([0, 0, 0, 0]);
    const one = delaunayComponents({
      ...golden,
      rays: 400,
      minClusterSize: 15,
      allowSingleCluster: true,
    });
    expect(one.outliers).toBe(0);
  });

  it("keeps precision and recall with few rays, which move only the quality", () => {
    const few = delaunayComponents({ ...golden, rays: 10 });
    expect([few.precision, few.recall]).toEqual([report.precision, report.recall]);
    expect(few.edges.sampled).toBeLessThan(107);
    expect(Math.abs(few.quality - 0.2)).toBeLessThan(0.05);
  });

  it("is fundamental only above the thresholds", () => {
    const strict = delaunayComponents({
      ...golden,
      rays: 400,
      thresholds: { consistency: 0.75, quality: 0.45 },
    });
    expect(strict.components.some(({ isFundamental }) => isFundamental)).toBe(false);
    expect(strict.score).toBe(0);
  });
});

describe("delaunayComponents", () => {
  const rng = Rng.fromSeed(11);
  const reference = clusters(rng, CENTRES, 40);
  const alike = clusters(rng, CENTRES, 40);

  it("gives its ceiling for two samples of the same clusters: 1, 1, half, three quarters", () => {
    const report = delaunayComponents({ reference, evaluated: alike });
    expect(report.precision).toBeGreaterThan(0.95);
    expect(report.recall).toBeGreaterThan(0.95);
    expect(report.quality).toBeGreaterThan(0.42);
    expect(report.quality).toBeLessThan(0.58);
    expect(Math.abs(report.score - 0.75)).toBeLessThan(0.05);
    expect(report.components).toHaveLength(3);
    for (const { consistency } of report.components) expect(consistency).toBeGreaterThan(0.9);
  });

  it("gives 0 for sets apart, also when one has collapsed far away", () => {
    const apart = delaunayComponents({ reference, evaluated: moved(alike, (value) => value + 99) });
    expect([apart.precision, apart.recall, apart.quality, apart.score]).toEqual([0, 0, 0, 0]);
    const collapsed = clusters(Rng.fromSeed(3), [[50, 50, 50, 50]], 120);
    expect(delaunayComponents({ reference, evaluated: collapsed }).score).toBe(0);
  });

  it("takes precision for recall when the sets are swapped, and keeps the quality", () => {
    const half = clusters(Rng.fromSeed(4), CENTRES.slice(0, 2), 40);
    const one = delaunayComponents({ reference, evaluated: half });
    const other = delaunayComponents({ reference: half, evaluated: reference });
    expect(one.recall).toBeLessThan(0.8);
    expect(other.precision).toBe(one.recall);
    expect(other.recall).toBe(one.precision);
    expect(Math.abs(other.quality - one.quality)).toBeLessThan(0.02);
  });

  it("does not change with the order of the points or their scale", () => {
    const base = delaunayComponents({ ...golden, rays: 4000 });
    const order = Rng.fromSeed(2).shuffle(Array.from({ length: 20 }, (_, i) => i));
    const shuffled = hostTensor(
      Float32Array.from(
        order.flatMap((row) => [...goldenReference.data.slice(2 * row, 2 * row + 2)]),
      ),
      [20, 2],
    );
    expect(delaunayComponents({ ...golden, reference: shuffled, rays: 4000 }).score).toBe(
      base.score,
    );
    const scaled = delaunayComponents({
      reference: moved(goldenReference, (value) => value * 64),
      evaluated: moved(goldenEvaluated, (value) => value * 64),
      rays: 4000,
    });
    expect(scaled.score).toBe(base.score);
  });

  it("takes exact duplicates in a set once, and survives points that both sets share", () => {
    const twice = hostTensor(Float32Array.from([...alike.data, ...alike.data]), [240, 4]);
    const report = delaunayComponents({ reference, evaluated: twice });
    expect(report.points).toEqual({ reference: 120, evaluated: 120 });
    const same = delaunayComponents({ reference, evaluated: reference });
    expect(same.precision).toBe(same.recall);
    expect(same.score).toBeGreaterThan(0.6);
  });

  it("refuses empty sets, points that are not finite or of other dimensions, and odd rays", () => {
    const empty = hostTensor(new Float32Array(0), [0, 4]);
    expect(() => delaunayComponents({ reference, evaluated: empty })).toThrow(ConfigError);
    const broken = moved(alike, (value) => (value > 8 ? Number.NaN : value));
    expect(() => delaunayComponents({ reference, evaluated: broken })).toThrow(ShapeError);
    expect(() => delaunayComponents({ reference, evaluated: goldenReference })).toThrow(ShapeError);
    expect(() => delaunayComponents({ ...golden, rays: 7 })).toThrow(ConfigError);
    expect(() => delaunayComponents({ ...golden, minClusterSize: 1 })).toThrow(ConfigError);
  });
});
