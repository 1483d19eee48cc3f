import { expect, it } from "vitest";

import { mixUnder, sumVoices } from "../../src/features/mixSound.ts";

it("sums voices from the instants drawn on, and round", () => {
  const starts = [1, 2];
  const drawn: (readonly [number, number])[] = [];
  const int = (least: number, below: number): number => {
    drawn.push([least, below]);
    return starts.shift() ?? 0;
  };
  const voices = [Int16Array.of(1, 2, 3), Int16Array.of(10, 20, 30, 40)];
  expect([...sumVoices(voices, 5, { int })]).toEqual([32, 43, 11, 22, 33]);
  expect(drawn).toEqual([
    [0, 3],
    [0, 4],
  ]);
});

it("lays noise of any scale so many decibels under the sound", () => {
  const sound = Int16Array.of(1000, -1000, 1000, -1000);
  expect([...mixUnder(sound, Float32Array.of(1, 1, -1, -1), 20)]).toEqual([1100, -900, 900, -1100]);
  expect([...mixUnder(sound, Float32Array.of(7, 7, -7, -7), 0)]).toEqual([2000, 0, 0, -2000]);
});

it("scales the mix down where it would leave 16 bits, and not by a sample more", () => {
  const sound = Int16Array.of(20_000, -20_000);
  expect([...mixUnder(sound, Float32Array.of(1, 1), 0)]).toEqual([32_767, 0]);
  expect([...mixUnder(sound, Float32Array.of(0, 0), 0)]).toEqual([20_000, -20_000]);
});
