import { describe, expect, it } from "vitest";

import {
  HeadLearner,
  type HeadLearnerOptions,
  type LabelledRow,
} from "../../../src/learn/online/HeadLearner.ts";
import { learnerRow } from "../../../src/learn/online/LearnerRow.ts";
import { PartAnswers } from "../../../src/learn/online/PartAnswers.ts";
import { trainedPart } from "../../../src/models/unified/adapted.ts";
import { decodeWeights } from "../../../src/models/unified/weights.ts";
import { micros } from "../../../src/units.ts";
import { classRows } from "../../support/learnerRows.ts";
import { TINY, tinyWeights } from "../../support/tinyModel.ts";

const OPTIONS: HeadLearnerOptions = {
  belief: 1,
  sweeps: 2,
  kind: "apart",
  guard: { kind: "none" },
  reservoir: 100,
};
const trained = trainedPart(decodeWeights(tinyWeights()));
const answers = new PartAnswers(trained, TINY);
const rows = classRows();

function labelled(label: number): LabelledRow {
  const entropy = new Float32Array(2).fill(1);
  const row = learnerRow(TINY, rows.row(label), micros(0), new Set(), entropy);
  return { row, label, weight: 1, block: 0 };
}

const servedBy = (learner: HeadLearner): PartAnswers =>
  new PartAnswers({ ...trained, headWeight: learner.headWeight, headBias: learner.headBias }, TINY);

/** −Σ log p of the stream's own class, and half the belief times the squared way from what it started at. */
function cost(learner: HeadLearner, of: readonly LabelledRow[], stream: number): number {
  const by = servedBy(learner);
  let sum = 0;
  for (const { row, label } of of) sum -= by.streams(row)[stream]?.[label] ?? 0;
  const n = TINY.codeDim + TINY.specific;
  const C = TINY.classes.length;
  const way = (now: Float32Array, before: Float32Array, size: number): number =>
    now
      .subarray(stream * size, (stream + 1) * size)
      .reduce((total, value, at) => total + (value - (before[stream * size + at] ?? 0)) ** 2, 0);
  return (
    sum +
    (way(learner.headWeight, trained.headWeight, n * C) +
      way(learner.headBias, trained.headBias, C)) /
      2
  );
}

describe("HeadLearner", () => {
  it("goes down with every step, to where the cost of rows and prior together is flat", () => {
    const learner = new HeadLearner(trained, TINY, { ...OPTIONS, sweeps: 1 });
    const all = Array.from({ length: 30 }, (_, at) => labelled(at % 3));
    const costs = [cost(learner, all, 0)];
    for (let step = 0; step < 60; step++) {
      learner.learn(step === 0 ? all : [], all, 1, answers);
      costs.push(cost(learner, all, 0));
    }
    for (const [at, value] of costs.slice(1).entries())
      expect(value).toBeLessThanOrEqual((costs[at] ?? 0) + 1e-5);
    expect(costs.at(-1)).toBeLessThan(0.5 * (costs[0] ?? 0));
    expect((costs.at(-2) ?? 0) - (costs.at(-1) ?? 0)).toBeLessThan(1e-2);
  });

  it("moves the heads of streams apart, or all alike where one is shared", () => {
    const all = Array.from({ length: 12 }, (_, at) => labelled(at % 3));
    const halves = (options: Partial<HeadLearnerOptions>) => {
      const learner = new HeadLearner(trained, TINY, { ...OPTIONS, ...options });
      // Twice: a guard knows nothing of the others' means before the first time.
      for (const fresh of [all, []]) learner.learn(fresh, all, 1, answers);
      const { headBias } = learner;
      return [headBias.slice(0, 3), headBias.slice(3, 6)];
    };
    const [a, b] = halves({});
    expect(a).not.toEqual(b);
    const [first, second] = halves({ kind: "shared" });
    expect(first).toEqual(second);
    const guard = { kind: "stream", alpha: 0.1, meanDecay: 0.99 } as const;
    expect(halves({ kind: "shared", guard })[0]).not.toEqual(first);
  });
});
