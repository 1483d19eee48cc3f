import { describe, expect, it } from "vitest";
import type { MhdDigits } from "../../../../src/evaluate/sets/mhdDigits.ts";
import { digitTuples } from "../../../../src/evaluate/studies/gmc/digits/digitTuples.ts";
import { moveSpeech } from "../../../../src/evaluate/studies/gmc/digits/moveSpeech.ts";
import { spreadSpeech } from "../../../../src/evaluate/studies/gmc/digits/spreadSpeech.ts";
import { hostTensor } from "../../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

const [BANDS, TIME] = [6, 10];

describe("moveSpeech", () => {
  it("keeps silence silent, levels in range of the sound, and its input as it was", () => {
    const silent = new Float32Array(BANDS * TIME);
    const target = new Float32Array(BANDS * TIME).fill(9);
    moveSpeech(silent, target, [BANDS, TIME], Rng.fromSeed(1));
    expect(target.every((value) => value === 0)).toBe(true);
    const loud = new Float32Array(BANDS * TIME).fill(0.5);
    const before = loud.slice();
    moveSpeech(loud, target, [BANDS, TIME], Rng.fromSeed(2));
    expect(loud).toEqual(before);
    expect(Math.max(...target)).toBeLessThan(1);
    expect(Math.max(...target)).toBeGreaterThan(0.2);
  });

  it("moves a click in time and along the bands, another way for each seed", () => {
    const click = new Float32Array(BANDS * TIME);
    click[2 * TIME + 5] = 1;
    const places = Array.from({ length: 20 }, (_, seed) => {
      const target = new Float32Array(BANDS * TIME);
      moveSpeech(click, target, [BANDS, TIME], Rng.fromSeed(seed));
      return target.indexOf(Math.max(...target));
    });
    expect(new Set(places.map((place) => Math.floor(place / TIME))).size).toBeGreaterThan(2);
    expect(new Set(places.map((place) => place % TIME)).size).toBeGreaterThan(2);
  });
});

describe("spreadSpeech", () => {
  it("gives a quick voice the time of a slow one, whatever silence followed", () => {
    // Two bands: one falls while the other rises; the quick voice is done after 5 of 13 frames.
    const voice = (spoken: number, time: number): Float32Array =>
      Float32Array.from({ length: time * 2 }, (_, i) => {
        const at = Math.floor(i / 2) / (spoken - 1);
        return at > 1 ? 0 : i % 2 === 0 ? 1 - at / 2 : 0.5 + at / 2;
      });
    const [quick, slow] = [spreadSpeech(voice(5, 13), 2), spreadSpeech(voice(13, 13), 2)];
    for (const [i, value] of slow.entries()) expect(quick[i]).toBeCloseTo(value, 6);
  });

  it("keeps silence silent and a single frame as it is", () => {
    expect([...spreadSpeech(new Float32Array(8), 2)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    const short = Float32Array.of(0.5, 1, 0, 0, 0, 0, 0, 0);
    expect([...spreadSpeech(short, 2)]).toEqual([0.5, 1, 0.5, 1, 0.5, 1, 0.5, 1]);
  });
});

describe("digitTuples", () => {
  const rows = Int32Array.of(1, 0);
  const picture = hostTensor(
    Float32Array.from({ length: 2 * 784 }, (_, i) => i % 7),
    [2, 28, 28, 1],
  );
  const digits: MhdDigits = {
    count: 2,
    classes: 10,
    labels: Int32Array.of(3, 4),
    rows: { trajectory: rows, "pen-image": rows, "mnist-image": rows, speech: rows },
    items: {
      trajectory: hostTensor(
        Float32Array.from({ length: 400 }, (_, i) => (i < 200 ? 0 : 1)),
        [2, 200],
      ),
      "pen-image": picture,
      "mnist-image": picture,
      speech: hostTensor(
        Float32Array.from({ length: 12 }, (_, i) => i / 12),
        [2, 3, 2],
      ),
    },
    itemLabels: { trajectory: rows, "pen-image": rows, "mnist-image": rows, speech: rows },
    speakers: Int32Array.of(7, 9),
    writers: rows,
  };

  it("picks the items of a tuple, puts bands before time and trajectories about 0", () => {
    const tuples = digitTuples(digits);
    const { speech, trajectory } = tuples.inputs([1]);
    expect(speech?.shape).toEqual([1, 2, 3, 1]);
    const expected = [0, 2, 4, 1, 3, 5].map((value) => Math.fround(value / 12));
    expect([...(speech?.data ?? [])]).toEqual(expected);
    expect(new Set(trajectory?.data)).toEqual(new Set([-1]));
    expect([...tuples.speakers]).toEqual([9, 7]);
  });

  it("moves every modality, and only with a generator", () => {
    const tuples = digitTuples(digits);
    const [plain, moved] = [tuples.inputs([0]), tuples.inputs([0], Rng.fromSeed(3))];
    expect(tuples.inputs([0])).toEqual(plain);
    expect(tuples.inputs([0], Rng.fromSeed(3))).toEqual(moved);
    for (const name of ["speech", "pen-image", "mnist-image"])
      expect(moved[name]?.data, name).not.toEqual(plain[name]?.data);
    // Two people, two hands: the same picture comes out differently.
    expect(moved["mnist-image"]?.data).not.toEqual(moved["pen-image"]?.data);
  });
});
