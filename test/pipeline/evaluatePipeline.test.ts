import { describe, expect, it } from "vitest";

import { evaluatePipeline } from "../../src/pipeline/evaluatePipeline.ts";
import type { FeedRequest } from "../../src/pipeline/Feed.ts";
import { tinyPipeline } from "../support/tinyPipeline.ts";

describe("evaluatePipeline", { timeout: 600_000 }, () => {
  it("scores all sensors, each alone, and the conditions that change what they are told", async () => {
    await using tiny = await tinyPipeline(2);
    const { feed } = tiny.options;
    const asked: FeedRequest[] = [];
    const definition = {
      ...tiny.definition,
      conditions: ["harder"],
      // Harder for `a` alone: what it is told differs, though nothing comes of it here.
      feed: async (request: FeedRequest) => {
        asked.push(request);
        const a = feed.sensors["a"];
        return request.condition === undefined || a === undefined
          ? feed
          : { ...feed, sensors: { ...feed.sensors, a: { ...a, options: { ...a.options } } } };
      },
    };
    const runs: string[] = [];
    const { feed: _feed, without, seed, drops, loop, pace, ...run } = tiny.options;
    const { metrics, margins } = await evaluatePipeline(definition, {
      request: { live: false, split: "dev", seed: 9 },
      seeds: 1,
      conditions: ["harder"],
      run,
      onRun: ({ name, index, of }) => runs.push(`${index + 1} of ${of}: ${name}`),
    });
    expect(asked.map(({ condition, seed: drawn }) => [condition, drawn])).toEqual([
      [undefined, 1],
      ["harder", 1],
    ]);
    expect(runs).toEqual([
      "1 of 6: a+b, seed 1",
      "2 of 6: a, seed 1",
      "3 of 6: b, seed 1",
      "4 of 6: a+b@harder, seed 1",
      "5 of 6: a@harder, seed 1",
      "6 of 6: b@harder, seed 1",
    ]);
    expect(metrics["number/a+b@harder"]).toEqual(metrics["number/a+b"]);
    // Both sensors replay one recording: what each is told is the same, what comes of it is not.
    const scoresOf = (streams: string): number[] =>
      Object.entries(metrics).flatMap(([name, { mean }]) =>
        name.split("/")[1] === streams && !name.startsWith("accuracy/") ? [mean] : [],
      );
    expect(feed.sensors["a"]).toEqual(feed.sensors["b"]);
    expect(scoresOf("b")).toHaveLength(scoresOf("a").length);
    expect(scoresOf("b")).not.toEqual(scoresOf("a"));
    expect(metrics).toHaveProperty(["eventF1at0.3/b"]);
    expect(metrics).toHaveProperty(["outputGapMs/a"]);
    const [all = 0, a = 0, b = 0] = ["a+b", "a", "b"].map(
      (streams) => metrics[`segmentF1/${streams}`]?.mean,
    );
    expect(margins["segmentF1"]?.mean).toBeCloseTo(all - Math.max(a, b), 12);
    expect(margins).not.toHaveProperty("outputGapMs");
  });
});
