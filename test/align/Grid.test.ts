import { describe, expect, it } from "vitest";

import { Grid } from "../../src/align/Grid.ts";
import { micros } from "../../src/units.ts";

const grid = new Grid(
  {
    kind: "CONFIG",
    logTime: micros(0),
    version: 7,
    origin: micros(0),
    period: micros(1),
    streams: [
      {
        site: "desk",
        stream: "imu",
        modality: "sensor",
        dtype: "f32",
        shape: [],
        rate: "irregular",
        unit: "",
        lateness: micros(0),
        idleTimeout: micros(1),
      },
    ],
  },
  [],
);

describe("the id of a row", () => {
  it.each([
    -1_500_000,
    -1,
    0,
    1,
    999_999,
    1_000_000,
    1_000_001,
    1_999_999,
    2_000_000,
    10_020_030,
    1_700_000_000_000_000,
    1_700_000_000_000_999,
    1_700_000_000_001_000,
    1_700_000_000_999_999,
    Number.MAX_SAFE_INTEGER,
  ])("has the whole of its instant: %d", (time) => {
    expect(grid.idOf(time)).toBe(`desk:${time}:7`);
  });
});
