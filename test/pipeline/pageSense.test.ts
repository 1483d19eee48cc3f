import { describe, expect, it } from "vitest";

import { checkPageSenses, type PageSense } from "../../src/pipeline/PageSense.ts";
import { PEN_FORM, penSampleOf } from "../../src/pipeline/PenSample.ts";
import { micros } from "../../src/units.ts";

const converter = () => ({ push: () => [] });
const streams = ["strokes", "picture"];

/** What is wrong with one sense. */
function check(sense: PageSense, name = "pen"): void {
  checkPageSenses("pipeline test", { [name]: sense }, streams);
}

describe("the senses that pages may lend to a pipeline", () => {
  it("feed streams that are there: several by a conversion, else one", () => {
    const conversion = { form: PEN_FORM, converter };
    check({ source: "pen", feeds: streams, conversion });
    check({ source: "camera", feeds: ["picture"] });
    expect(() => check({ source: "camera", feeds: ["scan"] })).toThrow(
      "pipeline test: sense pen feeds scan, expected one of strokes,picture",
    );
    expect(() => check({ source: "camera", feeds: streams })).toThrow(/must feed one stream/);
    expect(() => check({ source: "pen", feeds: [], conversion })).toThrow(/got 0/);
  });

  it("have a name and a form, and a pen a conversion", () => {
    expect(() => check({ source: "camera", feeds: ["picture"], rest: micros(0) })).toThrow(/rest/);
    expect(() => check({ source: "pen", feeds: ["strokes"] })).toThrow(/needs a conversion/);
    const conversion = { form: { ...PEN_FORM, shape: [0] }, converter };
    expect(() => check({ source: "pen", feeds: streams, conversion })).toThrow(/shape/);
    const fine = { form: PEN_FORM, converter };
    expect(() => check({ source: "pen", feeds: streams, conversion: fine }, "a pen")).toThrow(
      /expected a name that matches/,
    );
  });
});

describe("a sample of a page's pen", () => {
  const bytes = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

  it("says where the pen is, whether it is down and on which sheet", () => {
    const sample = penSampleOf(bytes(0.25, 0.5, 1, 3));
    expect(sample).toEqual({ x: 0.25, y: 0.5, isDown: true, sheet: 3 });
    expect(penSampleOf(bytes(0, 0, 0, 0)).isDown).toBe(false);
  });

  it("is refused where it is not four finite numbers", () => {
    expect(() => penSampleOf(bytes(0, 0, 0))).toThrow(/expected 4 finite numbers/);
    expect(() => penSampleOf(bytes(0, Infinity, 0, 0))).toThrow(/expected 4 finite numbers/);
  });
});
