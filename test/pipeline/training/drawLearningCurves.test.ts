import { describe, expect, it } from "vitest";

import { drawLearningCurves } from "../../../src/pipeline/training/drawLearningCurves.ts";

/** How each line is drawn, and its points. */
function linesOf(svg: string): { points: [x: number, y: number][]; look: string }[] {
  return [...svg.matchAll(/<polyline points="([^"]*)" (fill[^/]*)\/>/g)].map(
    ([, points, look]) => ({
      points: (points ?? "")
        .split(" ")
        .map((pair) => pair.split(",").map(Number) as [number, number]),
      look: look ?? "",
    }),
  );
}

describe("learning curves", () => {
  it("tell as many lines apart as there are, and say where each ended", () => {
    const names = Array.from({ length: 15 }, (_, at) => `held out/subset ${at}`);
    const epoch = (value: number) =>
      Object.fromEntries(names.map((name, at) => [name, value + at / 1_000]));
    const svg = drawLearningCurves([epoch(0.85), epoch(0.9)], "digits, seed 1");
    const lines = linesOf(svg);
    expect(lines.length).toBe(15);
    expect(new Set(lines.map(({ look }) => look)).size).toBe(15);
    expect(svg).toContain(">subset 14 <");
    expect(svg).toContain(">0.914<");
  });

  it("use the height there is: shares from where they are, losses by orders of magnitude", () => {
    const svg = drawLearningCurves(
      [
        { loss: 100, "held out/a": 0.8 },
        { loss: 10, "held out/a": 0.9 },
        { loss: 1, "held out/a": 1 },
      ],
      "any",
    );
    const [loss, share] = linesOf(svg);
    for (const line of [loss, share]) {
      const [first = 0, middle = 0, last = 0] = line?.points.map(([, y]) => y) ?? [];
      expect(Math.abs(first - last)).toBeCloseTo(170, 0);
      expect(middle - first).toBeCloseTo(last - middle, 0);
    }
    expect(loss?.points.map(([x]) => x)).toEqual([46, 296, 546]);
  });

  it("are drawn of a figure that some epochs lack, of one epoch, and of losses down to nothing", () => {
    const svg = drawLearningCurves([{ loss: 3, "held out/a": 0.4 }, { loss: 0 }], "any");
    const [loss, share] = linesOf(svg);
    expect(loss?.points.length).toBe(2);
    expect(share?.points.length).toBe(1);
    for (const one of [svg, drawLearningCurves([{ loss: 2, strokesAccuracy: 0 }], "one")]) {
      expect(linesOf(one).length).toBe(2);
      expect(one).not.toMatch(/NaN|Infinity/);
    }
  });
});
