import { firstValueFrom, take, toArray } from "rxjs";
import { describe, expect, it } from "vitest";

import type { FeatureRow } from "../../src/stage/FeatureRow.ts";
import { Stage } from "../../src/stage/Stage.ts";
import { micros } from "../../src/units.ts";

function row(index: number): FeatureRow {
  const missing = { presence: "missing", reason: "gap" } as const;
  const time = micros(index * 40_000);
  const cells = { a: missing };
  return {
    frameset: { id: `lab:${time}:1`, site: "lab", time, index, config: 1, cells },
    inputs: { a: Float32Array.of(index) },
    views: {},
  };
}

describe("a stage without weights", { timeout: 60_000 }, () => {
  it("says that it is untrained, and answers every row with who was present and no more", async () => {
    await using stage = await Stage.open({
      ...{ name: "claps", device: "cpu", threads: 1, capacity: 8 },
    });
    expect(stage.model).toEqual({
      ...{ version: "claps-untrained", trained: false, device: "none" },
      ...{ classes: [], prior: [], lookAhead: 0, codes: 0 },
    });
    const readings = firstValueFrom(stage.readings.pipe(take(3), toArray()));
    for (let index = 0; index < 3; index++) stage.submit(row(index));
    const given = await readings;
    expect(given.map(({ time }) => time)).toEqual([0, 40_000, 80_000]);
    expect(given[0]).toEqual({
      ...{ id: "lab:0:1", site: "lab", time: 0, labelTime: 0, model: "claps-untrained" },
      ...{ presence: { a: "missing" }, streams: {}, subsets: [] },
      logProbabilities: new Float32Array(0),
    });
  });

  it("gives a state to go on from, like any other", async () => {
    await using stage = await Stage.open({
      ...{ name: "claps", device: "cpu", threads: 1, capacity: 8 },
    });
    const captured = new Promise((resolve) => {
      stage.submit(row(0));
      stage.capture(resolve);
    });
    expect(await captured).toEqual({ arrays: new Map() });
  });
});
