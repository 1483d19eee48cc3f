import { describe, expect, it } from "vitest";

import digits from "../../pipelines/digits/pipeline.ts";
import { definePipeline } from "../../src/pipeline/definePipeline.ts";

describe("a pipeline as it is written down", () => {
  const { strokes, ...others } = digits.streams;
  if (strokes === undefined) throw new Error("expected strokes");

  it("names as many traces as it draws, if any", () => {
    const withView = (view: object) => ({
      ...digits,
      streams: { strokes: { ...strokes, view: { ...strokes.view, ...view } }, ...others },
    });
    definePipeline(withView({ names: ["right", "down", "pen"] }));
    definePipeline(withView({ names: undefined }));
    expect(() => definePipeline(withView({ names: ["right", "down"] }))).toThrow(
      "pipeline digits: stream strokes must name 3 traces, got 2",
    );
  });

  it("lets pages feed no streams but its own", () => {
    const senses = { camera: { source: "camera", feeds: ["face"] } } as const;
    expect(() => definePipeline({ ...digits, senses })).toThrow(/sense camera feeds face/);
  });
});
