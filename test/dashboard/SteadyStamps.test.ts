import { describe, expect, it } from "vitest";

import { SteadyStamps } from "../../dashboards/join/src/sources/SteadyStamps.ts";

const BLOCK = 20_000;

describe("SteadyStamps", () => {
  it("lays blocks exactly side by side, whatever the jitter of what is measured", () => {
    const stamps = new SteadyStamps(BLOCK);
    const measured = [0, 20_400, 39_800, 60_900, 79_500];
    expect(measured.map((at) => stamps.stamp(at))).toEqual([0, 20_000, 40_000, 60_000, 80_000]);
  });

  it("leaves a gap where nothing was heard", () => {
    const stamps = new SteadyStamps(BLOCK);
    expect([0, 20_000, 500_000, 520_000].map((at) => stamps.stamp(at))).toEqual([
      0, 20_000, 500_000, 520_000,
    ]);
  });

  // Sound cards are some ten parts in a million off, either way.
  it.each([200, -200])("keeps up for a day with a device that is %d ppm fast", (ppm) => {
    const stamps = new SteadyStamps(BLOCK);
    const real = BLOCK * (1 - ppm / 1e6);
    let last = Number.NEGATIVE_INFINITY;
    let [farthest, least] = [0, Infinity];
    for (let block = 0; block * BLOCK < 86_400e6; block++) {
      const time = stamps.stamp(block * real);
      farthest = Math.max(farthest, Math.abs(time - block * real));
      least = Math.min(least, time - last);
      last = time;
    }
    expect(farthest).toBeLessThan(2 * BLOCK);
    expect(least).toBeGreaterThanOrEqual(BLOCK / 2);
  });
});
