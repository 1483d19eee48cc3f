import { describe, expect, it } from "vitest";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import { micros, millis } from "../../src/units.ts";

/** A machine whose two clocks the test sets, in ms. */
function machine(wall: number) {
  const at = { wall, monotonic: 5 };
  const clock = new SystemClock({ wall: () => at.wall, monotonic: () => at.monotonic });
  return { at, clock };
}

describe("SystemClock", () => {
  it("starts at the wall clock and runs on the monotonic one", () => {
    const { at, clock } = machine(1_000_000);
    expect(clock.now()).toBe(1_000_000_000);
    at.monotonic += 12.5;
    expect(clock.now()).toBe(1_000_012_500);
  });

  it("ignores a wall clock that jitters or is set back", () => {
    const { at, clock } = machine(1_000_000);
    at.wall -= 3_600_000;
    at.monotonic += 1;
    expect(clock.now()).toBe(1_000_001_000);
    at.wall = 1_000_200;
    expect(clock.now()).toBe(1_000_001_000);
  });

  it("follows the wall clock forward when the machine has slept", () => {
    const { at, clock } = machine(1_000_000);
    at.wall += 3_600_000;
    expect(clock.now()).toBe(4_600_000_000);
    at.monotonic += 1;
    at.wall += 1;
    expect(clock.now()).toBe(4_600_001_000);
  });

  it("never goes back, even if the monotonic source does", () => {
    const { at, clock } = machine(1_000_000);
    at.monotonic -= 4;
    expect(clock.now()).toBe(1_000_000_000);
  });

  it("is anchored to the tick of the wall clock, even if it is interrupted while it looks", () => {
    // 1 000 000.7 ms is the truth at the start; the wall clock shows whole milliseconds.
    let passed = 0;
    let reading = 0;
    const clock = new SystemClock({
      wall: () => Math.floor(1_000_000.7 + passed),
      monotonic: () => {
        // Now and then the process loses the processor between reading one clock and the other.
        passed += ++reading % 7 === 0 ? 0.2 : 0.01;
        return passed;
      },
    });
    expect(Math.abs(clock.now() - (1_000_000.7 + passed) * 1_000)).toBeLessThan(30);
  });

  it("gives whole microseconds of the present day", () => {
    const now = new SystemClock().now();
    expect(Number.isSafeInteger(now)).toBe(true);
    expect(new Date(now / 1_000).getUTCFullYear()).toBeGreaterThanOrEqual(2026);
  });

  it("waits until a time has come, not less", async () => {
    const clock = new SystemClock();
    const due = micros(clock.now() + millis(5));
    await clock.until(due);
    expect(clock.now()).toBeGreaterThanOrEqual(due);
  });

  it("settles at once for a time that has passed", async () => {
    const clock = new SystemClock();
    await clock.until(micros(clock.now() - 1));
  });

  it("rejects with the reason when the signal aborts, before and during the wait", async () => {
    const clock = new SystemClock();
    const stop = new AbortController();
    const waiting = clock.until(micros(clock.now() + millis(60_000)), stop.signal);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(clock.until(clock.now(), stop.signal)).rejects.toThrow("enough");
  });
});
