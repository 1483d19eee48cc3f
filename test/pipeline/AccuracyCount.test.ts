import { describe, expect, it } from "vitest";

import type { Label } from "../../src/frames/EventSpan.ts";
import { slotAccuracy } from "../../src/localize/score.ts";
import { AccuracyCount } from "../../src/pipeline/AccuracyCount.ts";
import { micros } from "../../src/units.ts";

const CLASSES = ["nothing", "clap", "knock"];
const SUBSETS = [["ear"], ["eye"], ["ear", "eye"]];
const PRIOR = [0.8, 0.05, 0.15];
const row = micros(40_000);

/** Two claps of five rows each. */
const TRUTH: readonly Label[] = [0, 10].map((first) => ({
  label: "clap",
  by: "test",
  slot: "sound",
  from: micros(first * row),
  to: micros((first + 5) * row),
}));

/** An answer that is sure of one class. */
const sure = (of: string) =>
  Float32Array.from(CLASSES, (name) => Math.log(name === of ? 0.9 : 0.05));
const score = (readings: Parameters<typeof slotAccuracy>[0]) =>
  slotAccuracy(readings, TRUTH, { classes: CLASSES, slots: { sound: ["clap", "knock"] } });

/** What all subsets of the streams that are there say, each of them the same of its own. */
const said = (answers: Readonly<Record<string, string>>) =>
  Object.entries(answers).map(([key, of]) => ({
    streams: key.split("+"),
    logProbabilities: sure(of),
  })) as never;

describe("AccuracyCount", () => {
  it("counts what each subset names right, those that are there standing for those that are not", () => {
    const count = new AccuracyCount(SUBSETS, PRIOR);
    const answers = count.start();
    for (let at = 0; at < 15; at++)
      answers.push(
        micros(at * row),
        // The ear is gone in the second clap.
        said(at < 8 ? { ear: "clap", eye: "knock", "ear+eye": "clap" } : { eye: "clap" }),
      );
    answers.finish(score);
    // Where the ear is away the prior answers for it, and has it knock.
    expect(count.accuracies()).toEqual({ ear: 0.5, eye: 0.5, "ear+eye": 1 });
  });

  it("is told nothing about streams by a stretch in which they never were", () => {
    const count = new AccuracyCount(SUBSETS, PRIOR);
    const answers = count.start();
    const play = (says: Readonly<Record<string, string>>): void => {
      for (let at = 0; at < 15; at++) answers.push(micros(at * row), said(says));
      answers.finish(score);
    };
    play({ eye: "knock" });
    expect(count.accuracies()).toEqual({ eye: 0, "ear+eye": 0 });
    play({ ear: "clap", eye: "clap", "ear+eye": "clap" });
    expect(count.accuracies()).toEqual({ ear: 1, eye: 0.5, "ear+eye": 0.5 });
    play({ eye: "clap" });
    expect(count.accuracies()).toMatchObject({ ear: 1 });
  });
});
