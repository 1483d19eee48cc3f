import { describe, expect, it } from "vitest";

import { compareMethods } from "../../src/evaluate/compareMethods.ts";

const figure = (mean: number) => ({ mean, std: 0 });
const mla = {
  evaluate: "mla",
  set: "walks",
  metrics: {
    "accuracy/eye": figure(0.71),
    "accuracy/ear": figure(0.72),
    "accuracy/eye+ear": figure(0.73),
    "accuracy/eye+ear@sum": figure(0.99),
    "accuracy/eye@late": figure(0.61),
    "accuracy/eye+ear@late": figure(0.63),
  },
};
const gmc = {
  evaluate: "gmc",
  set: "walks",
  metrics: { "accuracy/ear": figure(0.82), "accuracy/joint": figure(0.83) },
};
const decur = {
  evaluate: "decur",
  set: "walks",
  metrics: {
    "probe/ear+eye@labels10": figure(0.1),
    "probe/ear+eye@labels100": figure(0.93),
    "probe/ear+eye@labels100,barlow-cross": figure(0.53),
  },
};

/** Figures of the picture, row by row. */
function rowsOf(svg: string): string[][] {
  const rows: string[][] = [];
  for (const [, label, shown] of svg.matchAll(
    /text-anchor="end">([^<]+)<|text-anchor="middle">([\d.]+)</g,
  ))
    if (label !== undefined) rows.push([label]);
    else rows.at(-1)?.push(shown ?? "");
  return rows;
}

describe("compareMethods", () => {
  it("puts methods and their baselines side by side, whatever a study calls a subset", () => {
    const [walks] = compareMethods([decur, gmc, mla]);
    expect(walks?.set).toBe("walks");
    // Columns: MLA, late fusion, GMC, DeCUR, Barlow Twins.
    expect(rowsOf(walks?.svg ?? "")).toEqual([
      ["ear", "0.720", "0.820"],
      ["eye", "0.710", "0.610"],
      ["ear + eye", "0.730", "0.630", "0.830", "0.930", "0.530"],
    ]);
    const labels = [...(walks?.svg ?? "").matchAll(/rotate\(-35\)"[^>]*>([^<]+)</g)];
    expect(labels.map(([, label]) => label)).toEqual([
      "MLA",
      "late fusion",
      "GMC",
      "DeCUR, probe",
      "Barlow Twins, probe",
    ]);
  });

  it("draws nothing for a set that one method alone was tried on", () => {
    expect(compareMethods([mla, { ...gmc, set: "others" }])).toEqual([]);
  });
});
