import { describe, expect, it } from "vitest";

import type { Reading } from "../../src/frames/Reading.ts";
import { SubsetDrill } from "../../src/robustness/SubsetDrill.ts";
import { micros } from "../../src/units.ts";

const logs = (...probabilities: number[]): Float32Array =>
  Float32Array.from(probabilities, Math.log);

function reading(
  answers: Readonly<Record<string, Float32Array>>,
  streams: readonly string[],
): Reading {
  const full = answers[streams.join("+")] ?? logs(1);
  return {
    id: "lab:0:1",
    site: "lab",
    time: micros(0),
    labelTime: micros(0),
    model: "m",
    presence: {},
    streams: Object.fromEntries(
      streams.map((stream) => [
        stream,
        {
          code: 0,
          distance: 0,
          margin: 0,
          embedding: new Float32Array(1),
          logProbabilities: answers[stream] ?? logs(1),
          weight: 1 / streams.length,
        },
      ]),
    ),
    logProbabilities: full,
    subsets: Object.entries(answers).map(([key, logProbabilities]) => ({
      streams: key.split("+"),
      logProbabilities,
    })),
  };
}

describe("SubsetDrill", () => {
  const apart = reading(
    { audio: logs(0.9, 0.1), video: logs(0.2, 0.8), "audio+video": logs(0.7, 0.3) },
    ["audio", "video"],
  );

  it("says what the others would answer if one stream were lost", () => {
    expect(new SubsetDrill({ memory: 10 }).push(apart)).toEqual([
      { lost: "audio", classIndex: 1, probability: expect.closeTo(0.8, 6), agreement: 0 },
      { lost: "video", classIndex: 0, probability: expect.closeTo(0.9, 6), agreement: 1 },
    ]);
  });

  it("keeps the agreement over the last readings only", () => {
    const drill = new SubsetDrill({ memory: 2 });
    const agreeing = reading(
      { audio: logs(0.9, 0.1), video: logs(0.8, 0.2), "audio+video": logs(0.9, 0.1) },
      ["audio", "video"],
    );
    drill.push(apart);
    drill.push(agreeing);
    expect(drill.forecast[0]).toMatchObject({ lost: "audio", agreement: 0.5 });
    drill.push(agreeing);
    expect(drill.forecast[0]).toMatchObject({ lost: "audio", agreement: 1 });
  });

  it("says that nothing would remain when the only stream is lost", () => {
    const alone = reading({ audio: logs(0.9, 0.1) }, ["audio"]);
    expect(new SubsetDrill({ memory: 1 }).push(alone)).toEqual([
      { lost: "audio", classIndex: undefined, probability: 0, agreement: 0 },
    ]);
  });

  it("leaves streams out that never take part in the answer", () => {
    const withText = reading(
      {
        audio: logs(0.9, 0.1),
        text: logs(0.1, 0.9),
        "audio+text": logs(0.5, 0.5),
      },
      ["audio", "text"],
    );
    const forecast = new SubsetDrill({ memory: 1, ignored: ["text"] }).push(withText);
    expect(forecast.map(({ lost }) => lost)).toEqual(["audio"]);
  });

  it("refuses a memory of nothing", () => {
    expect(() => new SubsetDrill({ memory: 0 })).toThrow("memory must be >= 1, got 0");
  });
});
