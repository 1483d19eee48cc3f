import { describe, expect, it } from "vitest";

import { best, rowOf } from "../../src/server/rowOf.ts";
import { millis } from "../../src/units.ts";
import { START } from "../support/sampleMessages.ts";

const log = (...probabilities: number[]): Float32Array =>
  Float32Array.from(probabilities, (value) => Math.log(value));

describe("rowOf", () => {
  const parts = {
    reading: {
      id: "room:1:1",
      site: "room",
      time: START,
      labelTime: START,
      model: "1",
      presence: { audio: "real", video: "missing" },
      streams: {
        audio: {
          code: 5,
          distance: 0.1,
          margin: 0.25,
          embedding: new Float32Array(2),
          logProbabilities: log(0.125, 0.625, 0.25),
          weight: 1,
        },
      },
      logProbabilities: log(0.25, 0.25, 0.5),
      subsets: [{ streams: ["audio"], logProbabilities: log(0.125, 0.625, 0.25) }],
    },
    cells: {
      audio: {
        presence: "real",
        payload: new Uint8Array(),
        frames: 4,
        originTime: START,
        age: millis(10),
        arrivalTime: START,
      },
      video: { presence: "missing", reason: "idle" },
    },
    views: { audio: new Uint8Array([1, 2]), video: undefined },
    captions: { audio: [] },
    top: 2,
  } as const;

  it("keeps the best classes as probabilities, best first", () => {
    const row = rowOf(parts);
    expect(row.time).toBe(START);
    expect(row.fused[0]).toEqual({ class: 2, probability: expect.closeTo(0.5) });
    expect(row.fused).toHaveLength(2);
    expect(row.streams["audio"]?.reading?.top.map((candidate) => candidate.class)).toEqual([1, 2]);
    expect(row.subsets).toEqual([
      { streams: ["audio"], class: 1, probability: expect.closeTo(0.625) },
    ]);
  });

  it("makes no probability above 1 of what a logarithm's rounding is above 0", () => {
    expect(best(Float32Array.of(1e-5, -20), 1)).toEqual([{ class: 0, probability: 1 }]);
  });

  it("says why a stream is missing and gives it no reading", () => {
    expect(rowOf(parts).streams["video"]).toEqual({ presence: "missing", reason: "idle" });
  });

  it("copies views, whose owner goes on using them", () => {
    const row = rowOf(parts);
    parts.views.audio.fill(9);
    expect(row.streams["audio"]?.view).toEqual(new Uint8Array([1, 2]));
  });
});
