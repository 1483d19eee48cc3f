import { describe, expect, it } from "vitest";

import { comparePlays } from "../../../../src/evaluate/studies/learning/comparePlays.ts";
import { PARTS, SHIPPED } from "../../../../src/evaluate/studies/learning/conditions.ts";
import type { KnownRow } from "../../../../src/evaluate/studies/learning/StreamAnswers.ts";
import { decodeWeights } from "../../../../src/models/unified/weights.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";
import { classRows } from "../../../support/learnerRows.ts";
import { tinyWeights } from "../../../support/tinyModel.ts";

/** A stream whose rows say what they are, in a way that the untrained model does not know. */
function stream(rows: number): readonly KnownRow[] {
  const { row } = classRows();
  const rng = Rng.fromSeed(3);
  return Array.from({ length: rows }, () => {
    const label = rng.int(0, 3);
    return { features: row(label), label };
  });
}

describe("comparePlays", () => {
  it("puts what is gained over the frozen model, on the stream, its parts, and what was known", () => {
    const metrics: Record<string, number> = {};
    const rows = stream(1_600);
    const put = (name: string, value: number): void => {
      metrics[name] = value;
    };
    const online = { batch: 4, candidateEvery: 100 };
    comparePlays({ weights: decodeWeights(tinyWeights()), known: stream(200), seed: 1, put }, [
      { name: "learning", rows, online: { ...online, ...SHIPPED["learning"] }, back: 800 },
      { name: "exemplars", rows, online: { ...online, ...PARTS["exemplars"] } },
    ]);
    for (const name of ["learning", "exemplars"])
      for (const of of ["fused", "a", "b", "a+b", "known", "fused-second-half"])
        expect(metrics[`gain/${of}@${name}`], `${of} ${name}`).toBeGreaterThan(0.05);
    expect(metrics["gain/fused-back@learning"]).toBe(metrics["gain/fused-second-half@learning"]);
    expect(metrics["versions/published@learning"]).toBeGreaterThan(0);
    expect(metrics["versions/discarded@exemplars"]).toBe(0);
    expect(metrics["accuracy/known@frozen"]).toBeLessThan(0.8);
  });
});
