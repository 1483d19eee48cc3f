import { describe, expect, it } from "vitest";

import { fitLinearProbe } from "../../../src/evaluate/probe/fitLinearProbe.ts";
import { hostTensor } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

/** Three clouds of points, far enough apart that a line between two errs on about one in a thousand. */
function clouds(seed: number, count: number) {
  const rng = Rng.fromSeed(seed);
  const centres = [
    [0, 0],
    [6, 0],
    [0, 6],
  ];
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const data = Float32Array.from({ length: 3 * count }, (_, i) => {
    const axis = i % 3;
    if (axis === 2) return 5; // says nothing
    return (centres[labels[Math.floor(i / 3)] ?? 0]?.[axis] ?? 0) + rng.normal(0, 1);
  });
  return { features: hostTensor(data, [count, 3]), labels };
}

describe("fitLinearProbe", () => {
  it("tells apart what a line can", async () => {
    const probe = await fitLinearProbe({ ...clouds(1, 300), classes: 3 });
    const test = clouds(2, 600);
    expect(probe.accuracy(test.features, test.labels)).toBeGreaterThan(0.98);
  });

  it("finds the minimum: the gradient at its weights is as good as 0", async () => {
    // Two points, one feature: p(1 | x=±1) with penalty λ solves w = (1 − σ(2w)) / λ' for symmetric w.
    const features = hostTensor(Float32Array.of(-1, 1), [2, 1]);
    const probe = await fitLinearProbe({
      features,
      labels: Int32Array.of(0, 1),
      classes: 2,
      l2: 0.1,
      steps: 2_000,
    });
    const [a = 0, b = 0] = probe.scores(hostTensor(Float32Array.of(1), [1, 1]));
    const w = (b - a) / 2; // weights are (−w, w)
    // d/dw of mean log(1 + e^{−2w}) + 0.1/2 · 2w²
    expect(-2 / (1 + Math.exp(2 * w)) + 0.2 * w).toBeCloseTo(0, 3);
  });

  it("does not depend on the scale of a feature", async () => {
    const train = clouds(1, 90);
    const scaled = hostTensor(
      train.features.data.map((value, i) => (i % 3 === 0 ? value * 1_000 : value)),
      [90, 3],
    );
    const plain = await fitLinearProbe({ ...train, classes: 3, steps: 50 });
    const large = await fitLinearProbe({ ...train, features: scaled, classes: 3, steps: 50 });
    expect([...large.predict(scaled)]).toEqual([...plain.predict(train.features)]);
  });

  it("refuses labels that do not fit", async () => {
    const { features } = clouds(1, 3);
    await expect(
      fitLinearProbe({ features, labels: Int32Array.of(0, 1, 3), classes: 3 }),
    ).rejects.toThrow(/labels in 0..2/);
  });
});
