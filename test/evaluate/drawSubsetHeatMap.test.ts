import { describe, expect, it } from "vitest";

import { drawSubsetHeatMap } from "../../src/evaluate/drawSubsetHeatMap.ts";

const metrics = {
  "accuracy/a": { mean: 0.2, std: 0 },
  "accuracy/a+b": { mean: 1, std: 0.01 },
  "accuracy/a@other": { mean: 0.6, std: 0 },
};
const picture = drawSubsetHeatMap({
  title: "two <methods>",
  subsets: [
    { label: "a", metric: "accuracy/a" },
    { label: "a+b", metric: "accuracy/a+b" },
  ],
  methods: [
    { label: "ours", variant: "" },
    { label: "other", variant: "other" },
  ],
  metrics,
});

describe("drawSubsetHeatMap", () => {
  it("writes every figure, the best of each row in bold, and a frame where there is none", () => {
    const figures = [...picture.matchAll(/<text[^>]*middle">([\d.]+)<\/text>/g)].map(
      (hit) => hit[1],
    );
    expect(figures).toEqual(["0.200", "0.600", "1.000"]);
    const bold = [...picture.matchAll(/font-weight="700"[^>]*>([\d.]+)</g)].map((hit) => hit[1]);
    expect(bold).toEqual(["0.600", "1.000"]);
    expect(picture.match(/fill="none" stroke/g)).toHaveLength(1);
  });

  it("colours from the lowest to the highest figure", () => {
    expect(picture).toContain("#440154");
    expect(picture).toContain("#fde725");
    expect(picture.indexOf("#440154")).toBeLessThan(picture.indexOf("#fde725"));
  });

  it("escapes its title", () => {
    expect(picture).toContain("two &lt;methods>");
    expect(picture).not.toContain("<methods>");
  });
});
