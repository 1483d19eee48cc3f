import { describe, expect, it } from "vitest";

import type { RowLine } from "../../../src/learn/rows/RowLine.ts";
import { shuffleEvents } from "../../../src/learn/rows/shuffleEvents.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

const LOOK_AHEAD = 2;

/**
 * Events of four rows with silences of three between them, told two rows late. Every row's feature is the
 * class of its own instant and which row it is.
 */
function lineOf(classes: readonly number[], first: number): RowLine {
  const events = classes.flatMap((label) => [0, 0, 0, label, label, label, label]);
  const instants = [...events, 0, 0, 0];
  const rows = instants.length;
  const x = Float32Array.from({ length: 2 * rows }, (_, i) =>
    i % 2 === 0 ? (instants[i / 2] ?? 0) : first + (i - 1) / 2,
  );
  const labels = Int32Array.from(instants, (_, row) => instants[row - LOOK_AHEAD] ?? 0);
  const present = Float32Array.from(instants, (_, row) => (row % 5 === 4 ? 0 : 1));
  return { rows, labels, streams: { a: { size: 2, x, present } } };
}

const LINES = [lineOf([1, 2, 3, 4], 0), lineOf([5, 6, 7], 100)];
const orderOf = (line: RowLine): number[] =>
  Array.from({ length: line.rows }, (_, row) => line.streams["a"]?.x[2 * row + 1] ?? -1);

describe("shuffleEvents", () => {
  const line = shuffleEvents(LINES, LOOK_AHEAD, Rng.fromSeed(4));
  const a = line.streams["a"] ?? { x: [], present: [] };

  it("keeps every row once, save the last of a line, of which no label tells", () => {
    const expected = [
      ...Array.from({ length: 31 - LOOK_AHEAD }, (_, row) => row),
      ...Array.from({ length: 24 - LOOK_AHEAD }, (_, row) => 100 + row),
    ];
    expect(line.rows).toBe(expected.length);
    expect(orderOf(line).sort((p, q) => p - q)).toEqual(expected);
  });

  it("says of every row what was so as many rows before as the model looks ahead", () => {
    for (let row = LOOK_AHEAD; row < line.rows; row++)
      expect(line.labels[row]).toBe(a.x[2 * (row - LOOK_AHEAD)]);
  });

  it("cuts in silence alone: rows of an event follow each other, with what was missing in them", () => {
    const rows = orderOf(line);
    for (let row = 1; row < line.rows; row++) {
      const isJoint = rows[row] !== (rows[row - 1] ?? 0) + 1;
      if (isJoint) expect([a.x[2 * row], a.x[2 * (row - 1)]]).toEqual([0, 0]);
      expect(a.present[row]).toBe(((rows[row] ?? 0) % 100) % 5 === 4 ? 0 : 1);
    }
  });

  it("draws another order each time, and the same for the same seed", () => {
    const again = shuffleEvents(LINES, LOOK_AHEAD, Rng.fromSeed(4));
    expect(again).toEqual(line);
    expect(orderOf(shuffleEvents(LINES, LOOK_AHEAD, Rng.fromSeed(5)))).not.toEqual(orderOf(line));
    expect(orderOf(line)).not.toEqual([...orderOf(line)].sort((p, q) => p - q));
  });

  it("leaves a line without silence whole", () => {
    const whole = { ...lineOf([1], 0), labels: new Int32Array(10).fill(1) };
    expect(orderOf(shuffleEvents([whole], 0, Rng.fromSeed(1)))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });
});
