import { describe, expect, it } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { ConfigError } from "../../src/errors.ts";
import { micros } from "../../src/units.ts";

describe("DrivenClock", () => {
  it("stands still until it is advanced", () => {
    const clock = new DrivenClock(micros(10));
    expect(clock.now()).toBe(10);
    clock.advance(micros(25));
    expect(clock.now()).toBe(25);
  });

  it("releases waiters in order of time, first come first for equal times", async () => {
    const clock = new DrivenClock(micros(0));
    const released: string[] = [];
    const waits = [
      clock.until(micros(30)).then(() => released.push("30")),
      clock.until(micros(10)).then(() => released.push("10 first")),
      clock.until(micros(10)).then(() => released.push("10 second")),
      clock.until(micros(20)).then(() => released.push("20")),
    ];
    clock.advance(micros(9));
    await Promise.resolve();
    expect(released).toEqual([]);
    clock.advance(micros(30));
    await Promise.all(waits);
    expect(released).toEqual(["10 first", "10 second", "20", "30"]);
  });

  it("keeps waiting those whose time has not come", async () => {
    const clock = new DrivenClock(micros(0));
    let released = false;
    const wait = clock.until(micros(11)).then(() => {
      released = true;
    });
    clock.advance(micros(10));
    await Promise.resolve();
    await Promise.resolve();
    expect(released).toBe(false);
    clock.advance(micros(11));
    await wait;
  });

  it("settles at once for now and for the past", async () => {
    const clock = new DrivenClock(micros(7));
    await clock.until(micros(7));
    await clock.until(micros(3));
  });

  it("refuses to go back, and accepts to stay", () => {
    const clock = new DrivenClock(micros(7));
    expect(() => clock.advance(micros(6))).toThrow(ConfigError);
    clock.advance(micros(7));
    expect(clock.now()).toBe(7);
  });

  it("forgets a waiter whose signal aborts", async () => {
    const clock = new DrivenClock(micros(0));
    const stop = new AbortController();
    const wait = clock.until(micros(5), stop.signal);
    stop.abort(new Error("enough"));
    await expect(wait).rejects.toThrow("enough");
    clock.advance(micros(5));
    await expect(clock.until(micros(1), stop.signal)).rejects.toThrow("enough");
  });
});
