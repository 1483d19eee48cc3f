import { describe, expect, it } from "vitest";

import { timeScale } from "../../dashboards/live/src/feed/timeScale.ts";

const SECOND = 1_000_000;

describe("timeScale", () => {
  it("shows four to twelve seconds by the width of the axis while rows come fast", () => {
    const { axis, kept, stalled } = timeScale(40_000);
    expect([200, 736, 3_000].map(axis)).toEqual([4 * SECOND, 8 * SECOND, 12 * SECOND]);
    expect(kept).toBe(24 * SECOND);
    expect(stalled).toBe(1.2 * SECOND);
  });

  it("shows forty rows of slow ones, and waits for them", () => {
    const { axis, kept, slack, stalled, step } = timeScale(60 * SECOND);
    expect([200, 3_000].map(axis)).toEqual([2_400 * SECOND, 2_400 * SECOND]);
    expect(kept).toBe(4_800 * SECOND);
    expect([slack, stalled]).toEqual([150 * SECOND, 150 * SECOND]);
    expect(step).toBe(60 * SECOND);
  });
});
