import { describe, expect, it } from "vitest";

import type { Reading } from "../../src/frames/Reading.ts";
import { tuneLocalizer } from "../../src/localize/tuneLocalizer.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { micros, millis } from "../../src/units.ts";

const PERIOD = millis(40);

/** A word of ten rows every thirty, seen through rows that err one time in four. */
function line(seed: number) {
  const rng = Rng.fromSeed(seed);
  const readings = Array.from({ length: 300 }, (_, row) => {
    const truth = row % 30 < 10 ? 1 : 0;
    const says = rng.uniform() < 0.25 ? 1 - truth : truth;
    return {
      id: `row${row}`,
      labelTime: micros(row * PERIOD),
      logProbabilities: Float32Array.from([0, 1], (c) => Math.log(c === says ? 0.8 : 0.2)),
      streams: {},
    } as unknown as Reading;
  });
  const truth = Array.from({ length: 10 }, (_, word) => ({
    label: "word",
    from: micros(word * 30 * PERIOD - PERIOD / 2),
    to: micros((word * 30 + 9) * PERIOD + PERIOD / 2),
  }));
  return { readings, truth };
}

describe("tuneLocalizer", { timeout: 240_000 }, () => {
  const options = {
    classes: ["sil", "word"],
    prior: [2 / 3, 1 / 3],
    silence: "sil",
    period: PERIOD,
    switchCost: 1,
    leastRows: 1,
    lagRows: 8,
  };

  it("finds settings that localise better, on other lines too, and says what it tried", () => {
    const tried: number[] = [];
    const best = tuneLocalizer([line(1), line(2)], options, ({ eventF1 }) => tried.push(eventF1));
    expect(best.eventF1).toBe(Math.max(...tried));
    expect(best.eventF1).toBeGreaterThan((tried[0] ?? 1) + 0.1);
    expect(best.settings.lagRows).toBe(8);
    const again = tuneLocalizer([line(3)], { ...options, ...best.settings }, ({ eventF1 }) =>
      tried.push(eventF1),
    );
    expect(again.eventF1).toBeGreaterThan(0.8);
  });
});
