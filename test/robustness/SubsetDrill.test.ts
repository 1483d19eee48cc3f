import { describe, expect, it } from "vitest";

import type { Reading } from "../../src/frames/Reading.ts";
import { type LossForecast, SubsetDrill } from "../../src/robustness/SubsetDrill.ts";
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
    expect(new SubsetDrill({ rows: 10, silence: 0 }).push(apart)).toEqual([
      { lost: "audio", classIndex: 1, probability: expect.closeTo(0.8, 6), agreement: 0 },
      { lost: "video", classIndex: 0, probability: expect.closeTo(0.9, 6), agreement: 1 },
    ]);
  });

  it("keeps the agreement over the last readings only", () => {
    const drill = new SubsetDrill({ rows: 2, silence: 0 });
    const agreeing = reading(
      { audio: logs(0.9, 0.1), video: logs(0.8, 0.2), "audio+video": logs(0.9, 0.1) },
      ["audio", "video"],
    );
    drill.push(apart);
    expect(drill.push(agreeing)[0]).toMatchObject({ lost: "audio", agreement: 0.5 });
    expect(drill.push(agreeing)[0]).toMatchObject({ lost: "audio", agreement: 1 });
  });

  it("says that nothing would remain when the only stream is lost", () => {
    const alone = reading({ audio: logs(0.9, 0.1) }, ["audio"]);
    expect(new SubsetDrill({ rows: 1, silence: 0 }).push(alone)).toEqual([
      { lost: "audio", classIndex: undefined, probability: 0, agreement: 0 },
    ]);
  });

  it("refuses to look back on nothing", () => {
    expect(() => new SubsetDrill({ rows: 0, silence: 0 })).toThrow(
      "rows must be an integer >= 1, got 0",
    );
  });
});

describe("the drill's report", () => {
  const both = ["audio", "video"];
  const row = (
    index: number,
    answers: Readonly<Record<string, Float32Array>>,
    streams: readonly string[] = both,
  ): Reading => ({ ...reading(answers, streams), labelTime: micros(index * 40_000) });
  const silent = logs(0.9, 0.1);
  const word = logs(0.2, 0.8);
  const of = (drill: SubsetDrill, ...streams: string[]) =>
    drill.report.find((report) => report.streams.join() === streams.join());

  it("has every subset, the larger ones first, and what each was worth", () => {
    const drill = new SubsetDrill({ rows: 4, silence: 0 });
    drill.push(row(0, { audio: silent, video: silent, "audio+video": silent }));
    drill.push(row(1, { audio: word, video: silent, "audio+video": word }));
    drill.push(row(2, { audio: word, video: word, "audio+video": word }));
    expect(drill.report.map(({ streams }) => streams)).toEqual([both, ["audio"], ["video"]]);
    const video = of(drill, "video");
    expect(video).toMatchObject({ rows: 3, labelled: 0 });
    expect(video?.agreement).toBeCloseTo(2 / 3, 12);
    expect(video?.eventAgreement).toBeCloseTo(1 / 2, 12);
    // All together give what the video named 0.9, 0.2 and 0.8.
    expect(video?.expected).toBeCloseTo((0.9 + 0.2 + 0.8) / 3, 2);
    expect(of(drill, ...both)).not.toHaveProperty("agreement");
  });

  it("does not take a stream that was alone for one that agreed", () => {
    const drill = new SubsetDrill({ rows: 4, silence: 0 });
    drill.push(row(0, { audio: word, video: silent, "audio+video": silent }));
    drill.push(row(1, { audio: word }, ["audio"]));
    expect(of(drill, "audio")).toMatchObject({ rows: 2, agreement: 0 });
    expect(of(drill, "video")).toMatchObject({ rows: 1 });
  });

  it("has an accuracy once somebody says what was true, before or after the rows", () => {
    const drill = new SubsetDrill({ rows: 10, silence: 0 });
    const answers = { audio: word, video: silent, "audio+video": word };
    for (let index = 0; index < 4; index++) drill.push(row(index, answers));
    drill.label(1, micros(80_000), micros(240_000));
    for (let index = 4; index < 8; index++) drill.push(row(index, answers));
    expect(of(drill, "audio")).toMatchObject({ labelled: 4, accuracy: 1 });
    expect(of(drill, "video")).toMatchObject({ labelled: 4, accuracy: 0 });
  });

  it("learns what a late label says of the very row that it is about", () => {
    const worth = (truth: number): number => {
      const drill = new SubsetDrill({ rows: 4, silence: 0 });
      drill.push(row(0, { audio: word, video: word, "audio+video": word }));
      drill.push(row(1, { audio: word }, ["audio"]));
      drill.label(truth, micros(0), micros(20_000));
      return of(drill, "video")?.confidence ?? Number.NaN;
    };
    expect(worth(1)).toBeGreaterThan(worth(0));
  });

  it("forgets what is longer ago than it looks back", () => {
    const drill = new SubsetDrill({ rows: 2, silence: 0 });
    drill.push(row(0, { audio: word, video: silent, "audio+video": word }));
    drill.label(1, micros(0), micros(40_000));
    for (let index = 1; index < 3; index++)
      drill.push(row(index, { audio: word, video: word, "audio+video": word }));
    expect(of(drill, "video")).toMatchObject({ rows: 2, agreement: 1, labelled: 0 });
  });

  it("states what a probability has been worth", () => {
    const drill = new SubsetDrill({ rows: 400, silence: 0 });
    // The video is 80 % sure of a word and right every other time.
    for (let index = 0; index < 400; index++) {
      const full = index % 2 === 0 ? word : silent;
      drill.push(row(index, { audio: full, video: word, "audio+video": full }));
    }
    expect(of(drill, "video")?.confidence).toBeCloseTo(0.5, 1);
  });

  it("goes on where another was taken down", () => {
    const rows = Array.from({ length: 12 }, (_, index) =>
      row(index, {
        audio: index % 3 === 0 ? word : silent,
        video: index % 2 === 0 ? word : silent,
        "audio+video": index % 4 === 0 ? word : silent,
      }),
    );
    const drill = (): SubsetDrill => new SubsetDrill({ rows: 5, silence: 0 });
    const whole = drill();
    const first = drill();
    let forecast: readonly LossForecast[] = [];
    for (const [index, each] of rows.entries()) {
      forecast = whole.push(each);
      if (index === 6) whole.label(1, micros(200_000), micros(400_000));
      if (index < 7) first.push(each);
      if (index === 6) first.label(1, micros(200_000), micros(400_000));
    }
    const second = drill();
    second.restore(structuredClone(first.snapshot()));
    expect(
      rows
        .slice(7)
        .map((each) => second.push(each))
        .at(-1),
    ).toEqual(forecast);
    expect(second.report).toEqual(whole.report);
  });
});
