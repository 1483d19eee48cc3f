import { describe, expect, it } from "vitest";

import { ExemplarMemory } from "../../../src/learn/online/ExemplarMemory.ts";
import type { LabelledRow } from "../../../src/learn/online/HeadLearner.ts";
import { learnerRow } from "../../../src/learn/online/LearnerRow.ts";
import { PartAnswers } from "../../../src/learn/online/PartAnswers.ts";
import { trainedPart } from "../../../src/models/unified/adapted.ts";
import { EXEMPLARS, noExemplars } from "../../../src/models/unified/exemplars.ts";
import { decodeWeights } from "../../../src/models/unified/weights.ts";
import { argMax } from "../../../src/tensor/argMax.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { micros } from "../../../src/units.ts";
import { classRows } from "../../support/learnerRows.ts";
import { TINY, tinyWeights } from "../../support/tinyModel.ts";

const P = EXEMPLARS.perClass;
const WIDTH = TINY.codeDim + TINY.specific;
const trained = trainedPart(decodeWeights(tinyWeights()));
const answers = new PartAnswers(trained, TINY);

function labelled(
  label: number,
  of: ReturnType<typeof classRows>,
  present: readonly [number, number] = [1, 1],
): LabelledRow {
  const entropy = new Float32Array(2).fill(1);
  const row = learnerRow(TINY, of.row(label, present), micros(0), new Set(), entropy);
  return { row, label, weight: 1, block: 0 };
}

describe("ExemplarMemory", () => {
  it("lets a row that is like a labelled one be answered as that was, by every stream", () => {
    const rows = classRows();
    const memory = new ExemplarMemory(noExemplars(TINY), Rng.fromSeed(1), true);
    for (let at = 0; at < 9; at++) memory.offer(labelled(at % 3, rows), answers);
    const taught = new PartAnswers({ ...trained, ...memory.exemplars }, TINY);
    const right = (by: PartAnswers): number =>
      Array.from({ length: 60 }, (_, at) => labelled(at % 3, rows)).filter(({ row, label }) =>
        by.fused(row, [1, 2, 3]).every((answer) => argMax(answer) === label),
      ).length;
    expect(right(taught)).toBeGreaterThan(50);
    expect(right(answers)).toBeLessThan(30);
  });

  it("leaves the odds of classes that nobody has labelled as they are, far from every exemplar", () => {
    const memory = new ExemplarMemory(noExemplars(TINY), Rng.fromSeed(1), true);
    memory.offer(labelled(1, classRows(1)), answers);
    const taught = new PartAnswers({ ...trained, ...memory.exemplars }, TINY);
    const { row } = labelled(2, classRows(9));
    const [before, after] = [answers, taught].map((each) => each.streams(row)[0] ?? []);
    const odds = (of: ArrayLike<number>): number => (of[2] ?? 0) - (of[0] ?? 0);
    expect(odds(after ?? [])).toBeCloseTo(odds(before ?? []), 9);
  });

  it("keeps a bounded sample of all, or the newest where told so; of absent streams nothing", () => {
    const kept = (keepsOld: boolean) => {
      const rows = classRows();
      const memory = new ExemplarMemory(noExemplars(TINY), Rng.fromSeed(1), keepsOld);
      for (let at = 0; at < 40; at++) memory.offer(labelled(1, rows, [1, 0]), answers);
      return memory;
    };
    const { exemplars, exemplified } = kept(true).exemplars;
    expect([...exemplified]).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0]);
    for (let place = 0; place < P; place++) {
      const from = (P + place) * WIDTH;
      expect(Math.hypot(...exemplars.subarray(from, from + WIDTH))).toBeCloseTo(1, 5);
    }
    expect(kept(false).exemplars.exemplars).not.toEqual(exemplars);
    expect(kept(true).exemplars.exemplars).toEqual(exemplars);
  });

  it("goes on from what serves, and where another one was", () => {
    const rows = classRows();
    const one = new ExemplarMemory(noExemplars(TINY), Rng.fromSeed(1), true);
    for (let at = 0; at < 12; at++) one.offer(labelled(at % 3, rows), answers);
    const served = new ExemplarMemory(one.exemplars, Rng.fromSeed(2), true);
    expect(served.snapshot().seen).toEqual(one.snapshot().seen);
    const other = new ExemplarMemory(noExemplars(TINY), Rng.fromSeed(2), true);
    other.restore(one.snapshot());
    expect(other.snapshot()).toEqual(one.snapshot());
    one.reset(noExemplars(TINY));
    expect(one.exemplars).toEqual(noExemplars(TINY));
  });
});
