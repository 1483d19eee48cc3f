import { describe, expect, it } from "vitest";

import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import { namedView } from "../../src/server/namedView.ts";
import { hertz, millis } from "../../src/units.ts";

const pen: StreamDescription = {
  ...{ site: "lab", stream: "pen", modality: "sensor", dtype: "f32", shape: [3], unit: "" },
  ...{ rate: hertz(100), lateness: millis(0), idleTimeout: millis(250) },
};
const view = { kind: "lines", traces: 3, perRow: 8 } as const;

describe("names of traces", () => {
  it("are the view's own, else the stream's channels, else numbers", () => {
    const channels = ["x", "y", "pressure"];
    const own = { ...view, names: ["right", "down", "hard"] };
    expect(namedView(own, { ...pen, channels })).toEqual(own);
    expect(namedView(view, { ...pen, channels })).toEqual({ ...view, names: channels });
    expect(namedView(view, pen)).toEqual({ ...view, names: ["0", "1", "2"] });
  });

  it("are numbers where nobody knows which channels are drawn", () => {
    const four = { ...pen, shape: [4], channels: ["x", "y", "pressure", "tilt"] };
    expect(namedView(view, four)).toEqual({ ...view, names: ["0", "1", "2"] });
  });

  it("are given to traces alone", () => {
    const none = { kind: "none" } as const;
    expect(namedView(none, pen)).toBe(none);
  });
});
