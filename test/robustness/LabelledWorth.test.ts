import { describe, expect, it } from "vitest";

import { LabelledWorth, type WeighedRow } from "../../src/robustness/LabelledWorth.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { micros, seconds } from "../../src/units.ts";

const CLASSES = 3;
const PERIOD = 40_000;
const SECOND = 1_000_000 / PERIOD;

/** An answer that gives one class so much and the others the rest. */
const sure = (of: number, share = 0.9): Float32Array =>
  Float32Array.from({ length: CLASSES }, (_, c) =>
    Math.log(c === of ? share : (1 - share) / (CLASSES - 1)),
  );

/** A row of an ear and an eye, each of which alone says something; together they say what the ear says. */
const row = (at: number, ear: number, eye: number): WeighedRow => ({
  labelTime: micros(at * PERIOD),
  full: sure(ear),
  without: { ear: sure(eye), eye: sure(ear) },
});

/** Plays rows to a worth and labels one in five, two seconds late. */
function play(
  worth: LabelledWorth,
  [from, to]: readonly [seconds: number, seconds: number],
  say: (at: number) => { readonly ear: number; readonly eye: number; readonly label?: number },
): number[] {
  const doubts: number[] = [];
  for (let at = from * SECOND; at < to * SECOND; at++) {
    const { ear, eye } = say(at);
    worth.push(row(at, ear, eye));
    const about = at - 2 * SECOND;
    const label = about < from * SECOND ? undefined : say(about).label;
    if (at % 5 === 0 && label !== undefined)
      worth.label(label, micros(about * PERIOD), micros((about + 1) * PERIOD));
    if (worth.doubted.includes("ear")) doubts.push(at / SECOND);
  }
  return doubts;
}

const truthAt = (at: number): number => Math.floor(at / SECOND) % CLASSES;
const right = (at: number) => ({ ear: truthAt(at), eye: truthAt(at), label: truthAt(at) });
/** The ear is sure of something else than it is. */
const deaf = (at: number) => ({ ...right(at), ear: (truthAt(at) + 1) % CLASSES });

describe("what labels say a stream is worth", () => {
  it("is nothing while nobody labels", () => {
    const worth = new LabelledWorth(1_500);
    expect(play(worth, [0, 60], (at) => ({ ...deaf(at), label: undefined as never }))).toEqual([]);
    expect(worth.snapshot().rows).toEqual([]);
  });

  it("doubts whom the answer is better without, and nobody else", () => {
    const worth = new LabelledWorth(1_500);
    const doubted = play(worth, [0, 40], deaf);
    // Eight blocks of two seconds, and labels come two seconds late.
    expect(doubted[0]).toBeGreaterThanOrEqual(16);
    expect(doubted[0]).toBeLessThan(19);
    expect(doubted.at(-1)).toBeGreaterThan(39);
    expect(worth.doubted).toEqual(["ear"]);
  });

  it("doubts nobody who is as good as the others", () => {
    expect(play(new LabelledWorth(1_500), [0, 60], right)).toEqual([]);
  });

  it("believes a stream again that has become good", () => {
    const worth = new LabelledWorth(1_500);
    play(worth, [0, 40], deaf);
    // The eye has gone blind: without the ear there would be nothing.
    const blind = (at: number) => ({ ...right(at), eye: (truthAt(at) + 1) % CLASSES });
    const doubted = play(worth, [40, 140], blind);
    expect(doubted.at(-1)).toBeLessThan(90);
  });

  it("believes it again within a minute where nobody labels any more", () => {
    const worth = new LabelledWorth(1_500);
    play(worth, [0, 40], deaf);
    const doubted = play(worth, [40, 120], (at) => ({ ...deaf(at), label: undefined as never }));
    expect(doubted.at(-1)).toBeGreaterThan(60);
    expect(doubted.at(-1)).toBeLessThan(100);
  });

  it("is not taken in by wrong labels: whoever is less sure comes closer to them, but is not right more often", () => {
    const rng = Rng.fromSeed(4);
    const worth = new LabelledWorth(1_500);
    const unsure = (at: number): WeighedRow => ({
      labelTime: micros(at * PERIOD),
      full: sure(truthAt(at), 0.98),
      without: { ear: sure(truthAt(at), 0.6), eye: sure(truthAt(at), 0.98) },
    });
    let doubted = 0;
    for (let at = 0; at < 300 * SECOND; at++) {
      worth.push(unsure(at));
      if (at % 5 === 0) {
        const isWrong = rng.uniform() < 0.5;
        const label = (truthAt(at) + (isWrong ? rng.int(1, CLASSES) : 0)) % CLASSES;
        worth.label(label, micros(at * PERIOD), micros((at + 1) * PERIOD));
      }
      if (worth.doubted.length > 0) doubted++;
    }
    const { ear } = worth.snapshot().evidence;
    // It did come closer: the sign that alone would have been believed.
    const gain = ear?.closer.blocks.reduce((sum, [, difference]) => sum + difference, 0) ?? 0;
    expect(gain).toBeGreaterThan(0);
    expect(doubted).toBe(0);
  });

  it("takes labels that come before their rows, and none for rows that are forgotten", () => {
    const worth = new LabelledWorth(SECOND);
    worth.label(0, micros(0), seconds(30));
    for (let at = 0; at < 20 * SECOND; at++) worth.push(row(at, 1, 0));
    expect(worth.doubted).toEqual(["ear"]);
    const late = new LabelledWorth(SECOND);
    late.label(0, seconds(100), seconds(101));
    for (let at = 0; at < 20 * SECOND; at++) late.push(row(at, 1, 0));
    late.label(0, micros(0), seconds(18));
    expect(late.snapshot().evidence).toEqual({});
  });

  it("counts a row once, by the label that came first", () => {
    const [once, twice] = [new LabelledWorth(1_500), new LabelledWorth(1_500)];
    for (const [worth, labels] of [
      [once, [0]],
      [twice, [0, 1, 0]],
    ] as const) {
      worth.label(2, seconds(900), seconds(901));
      for (let at = 0; at < 20 * SECOND; at++) worth.push(row(at, 1, 0));
      for (const label of labels) worth.label(label, micros(0), seconds(10));
    }
    expect(twice.snapshot().evidence).toEqual(once.snapshot().evidence);
    expect(once.snapshot().evidence["ear"]?.right.blocks.length).toBe(5);
  });

  it("goes on where another was taken down", () => {
    const [one, other] = [new LabelledWorth(1_500), new LabelledWorth(1_500)];
    play(one, [0, 20], deaf);
    other.restore(structuredClone(one.snapshot()));
    expect(other.doubted).toEqual(one.doubted);
    expect(play(other, [20, 60], right)).toEqual(play(one, [20, 60], right));
    expect(other.snapshot()).toEqual(one.snapshot());
  });
});
