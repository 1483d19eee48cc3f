import { describe, expect, it } from "vitest";

import { drawDotPlot } from "../../src/evaluate/drawDotPlot.ts";
import type { ResultTable } from "../../src/evaluate/resultTables.ts";

/** Every input is right for half of the cases. */
const table = (inputs: readonly string[]): ResultTable =>
  ({
    inputs,
    variants: [""],
    cells: [inputs.map(() => ({ mean: 0.5, std: 0.1 }))],
  }) as unknown as ResultTable;

/** Marks as drawn, without their places: the row's, then the legend's. */
const marksOf = (svg: string): string[] =>
  [...svg.matchAll(/<(circle|rect)[^>]*fill-opacity[^>]*>/g)].map(([whole, kind]) =>
    [kind, /rotate/.test(whole) && "turned", /fill="(#\w+)"/.exec(whole)?.[1]].join(" "),
  );

describe("a dot plot", () => {
  it("tells apart more inputs than there are colours", () => {
    const inputs = Array.from({ length: 20 }, (_, i) => `input ${i}`);
    const marks = marksOf(drawDotPlot(table(inputs), "many", () => "method"));
    expect(marks).toHaveLength(2 * inputs.length);
    expect(new Set(marks.slice(0, inputs.length)).size).toBe(inputs.length);
    expect(marks.slice(inputs.length)).toEqual(marks.slice(0, inputs.length));
  });

  it("leaves long names room in the legend", () => {
    const inputs = Array.from({ length: 4 }, (_, i) => `a name of thirty letters or so ${i}`);
    const svg = drawDotPlot(table(inputs), "long", () => "method");
    const places = inputs.map((input) => {
      const [, x, y] = new RegExp(`x="([\\d.]+)" y="([\\d.]+)"[^>]*>${input}<`).exec(svg) ?? [];
      return { x: Number(x), y: Number(y) };
    });
    for (const [at, { x, y }] of places.entries())
      for (const other of places.slice(at + 1))
        expect(Math.abs(other.y - y) > 10 || Math.abs(other.x - x) > 200).toBe(true);
  });
});
