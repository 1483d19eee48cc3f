import { describe, expect, it } from "vitest";

import { LiveGauges, type TriedLabel } from "../../../src/learn/online/LiveGauges.ts";
import { PairedScore } from "../../../src/learn/online/PairedScore.ts";

/** Labels one a block, of which what serves is right in `serving` of ten and its parent in `parent`. */
function tried(
  gauges: LiveGauges,
  count: number,
  {
    serving,
    parent,
    contradicted = () => false,
  }: {
    readonly serving: number;
    readonly parent: number;
    readonly contradicted?: (at: number) => boolean;
  },
): void {
  for (let at = 0; at < count; at++) {
    const label: TriedLabel = {
      block: at,
      serving: [Number(at % 10 < serving)],
      shadow: [1],
      parent: [Number(at % 10 < parent)],
      sure: true,
      contradicted: contradicted(at),
    };
    gauges.labelled(label);
  }
}

describe("LiveGauges", () => {
  it("raises the alarm over what is worse than what it was learnt from, beyond chance", () => {
    const gauges = new LiveGauges();
    tried(gauges, 60, { serving: 5, parent: 8 });
    expect(gauges.alarm).toEqual({
      than: "parent",
      reason: "worse than what it was learnt from by 30.0 points on 60 labelled moments",
    });
    gauges.restart();
    expect(gauges.alarm).toBeUndefined();
  });

  it("raises none over too few labels, a difference that may be chance, or one to the better", () => {
    const [few, chance, better] = [new LiveGauges(), new LiveGauges(), new LiveGauges()];
    tried(few, 39, { serving: 0, parent: 10 });
    tried(chance, 40, { serving: 7, parent: 8 });
    tried(better, 100, { serving: 9, parent: 2 });
    for (const gauges of [few, chance, better]) expect(gauges.alarm).toBeUndefined();
  });

  it("believes no labels against what serves while many contradict what every stream is sure of", () => {
    const gauges = new LiveGauges();
    tried(gauges, 60, { serving: 2, parent: 8, contradicted: (at) => at % 5 === 0 });
    expect(gauges.contradicted).toBeCloseTo(0.2);
    expect(gauges.alarm).toBeUndefined();
  });

  it("takes the share of contradictions of labels at which every stream is sure, and one for chance", () => {
    const gauges = new LiveGauges();
    const label = { block: 0, serving: [1], shadow: [1] };
    for (let at = 0; at < 90; at++) gauges.labelled({ ...label, sure: false, contradicted: false });
    for (let at = 0; at < 9; at++)
      gauges.labelled({ ...label, sure: true, contradicted: at === 0 });
    expect(gauges.contradicted).toBe(0);
    gauges.labelled({ ...label, block: 1, sure: true, contradicted: true });
    expect(gauges.contradicted).toBeCloseTo(0.2);
  });

  it("takes one wrong label of many rows for one slip", () => {
    const gauges = new LiveGauges();
    const label = { serving: [1], shadow: [1], sure: true };
    for (let at = 0; at < 60; at++)
      gauges.labelled({ ...label, block: Math.floor(at / 20), contradicted: at < 20 });
    expect(gauges.contradicted).toBe(0);
    gauges.labelled({ ...label, block: 3, contradicted: true });
    expect(gauges.contradicted).toBeCloseTo(21 / 61);
  });

  it("tells accuracy over the newest labels only", () => {
    const gauges = new LiveGauges();
    tried(gauges, 200, { serving: 0, parent: 0 });
    tried(gauges, 200, { serving: 10, parent: 0 });
    expect(gauges.prequential).toEqual([1, 1]);
  });
});

describe("PairedScore", () => {
  it("counts a block of time once, however many rows lie in it", () => {
    const [one, many] = [new PairedScore(), new PairedScore()];
    for (let block = 0; block < 9; block++) {
      one.add(block, 1);
      for (let row = 0; row < 20; row++) many.add(block, 1);
    }
    expect(one.z).toBeCloseTo(3);
    expect(many.z).toBeCloseTo(one.z);
    expect(many.rows).toBe(180);
  });

  it("forgets the oldest blocks beyond its capacity, rows and all", () => {
    const score = new PairedScore(2);
    for (const [block, difference] of [
      [0, 1],
      [0, 1],
      [1, -1],
      [2, -1],
    ] as const)
      score.add(block, difference);
    expect(score.rows).toBe(2);
    expect(score.mean).toBe(-1);
    const again = new PairedScore(2);
    again.restore(score.snapshot());
    expect([again.rows, again.mean, again.z]).toEqual([score.rows, score.mean, score.z]);
  });
});
