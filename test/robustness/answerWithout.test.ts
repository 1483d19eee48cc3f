import { describe, expect, it } from "vitest";

import type { Reading, StreamReading } from "../../src/frames/Reading.ts";
import { answerWithout } from "../../src/robustness/answerWithout.ts";
import { micros } from "../../src/units.ts";

const logs = (...probabilities: number[]): Float32Array =>
  Float32Array.from(probabilities, Math.log);
const one = (weight: number, logProbabilities: Float32Array): StreamReading => ({
  code: 1,
  distance: 0,
  margin: 0,
  embedding: new Float32Array(2),
  logProbabilities,
  weight,
});
const prior = logs(0.5, 0.5);
const reading: Reading = {
  id: "lab:0:1",
  site: "lab",
  time: micros(0),
  labelTime: micros(0),
  model: "m",
  presence: { audio: "real", video: "held", text: "real" },
  joint: new Float32Array(2),
  streams: {
    audio: one(0.3, logs(0.9, 0.1)),
    video: one(0.1, logs(0.6, 0.4)),
    text: one(0.6, logs(0.01, 0.99)),
  },
  logProbabilities: logs(0.2, 0.8),
  subsets: [
    { streams: ["audio"], logProbabilities: logs(0.9, 0.1) },
    { streams: ["audio", "video"], logProbabilities: logs(0.8, 0.2) },
    { streams: ["audio", "video", "text"], logProbabilities: logs(0.2, 0.8) },
  ],
};

describe("answerWithout", () => {
  it("gives the answer of the remaining subset, with weights that sum to 1 again", () => {
    const without = answerWithout(reading, ["text"], prior);
    expect(without.logProbabilities).toEqual(logs(0.8, 0.2));
    expect(Object.keys(without.streams)).toEqual(["audio", "video"]);
    expect(without.streams["audio"]?.weight).toBeCloseTo(0.75, 12);
    expect(without.streams["video"]?.weight).toBeCloseTo(0.25, 12);
    expect(without.presence).toEqual({ audio: "real", video: "held", text: "missing" });
    expect(without.subsets.map(({ streams }) => streams)).toEqual([["audio"], ["audio", "video"]]);
    expect(without.joint).toBeUndefined();
  });

  it("gives the prior when nothing remains", () => {
    const { text } = reading.streams;
    const onlyText = { ...reading, streams: text === undefined ? {} : { text } };
    expect(answerWithout(onlyText, ["text"], prior).logProbabilities).toBe(prior);
  });

  it("gives the very same reading when there is nothing to leave out", () => {
    expect(answerWithout(reading, ["smell"], prior)).toBe(reading);
  });
});
