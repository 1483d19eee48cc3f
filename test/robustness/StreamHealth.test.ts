import { describe, expect, it } from "vitest";

import { StreamHealth } from "../../src/robustness/StreamHealth.ts";
import { millis, seconds } from "../../src/units.ts";

describe("StreamHealth", () => {
  it("starts, lives, falls silent, rejoins and lives again", () => {
    const health = new StreamHealth();
    expect(health.state(seconds(0))).toBe("starting");
    health.heard(seconds(1), 1);
    health.presence("real");
    expect(health.state(seconds(1))).toBe("live");
    health.fellSilent();
    health.presence("missing");
    expect(health.state(seconds(2))).toBe("idle");
    health.heard(seconds(3), 1);
    expect(health.state(seconds(3))).toBe("rejoining");
    health.presence("missing");
    expect(health.state(seconds(3))).toBe("rejoining");
    health.presence("held");
    expect(health.state(seconds(3))).toBe("live");
  });

  it("is broken while it speaks and is not believed", () => {
    const health = new StreamHealth();
    health.heard(seconds(1), 1);
    health.presence("real");
    health.doubted(true);
    expect(health.state(seconds(1))).toBe("broken");
    health.fellSilent();
    expect(health.state(seconds(2))).toBe("idle");
    health.heard(seconds(3), 1);
    health.presence("real");
    health.doubted(false);
    expect(health.state(seconds(3))).toBe("live");
  });

  it("is unplugged from the moment somebody says so until somebody plugs it in", () => {
    const health = new StreamHealth();
    health.heard(seconds(1), 1);
    health.unplugged();
    health.fellSilent();
    expect(health.state(seconds(2))).toBe("unplugged");
    health.plugged();
    expect(health.state(seconds(2))).toBe("idle");
  });

  it("stays late for two seconds after a frame that could not be used", () => {
    const health = new StreamHealth();
    health.heard(seconds(1), 1);
    health.tooLate(seconds(1));
    expect(health.state(seconds(2))).toBe("late");
    expect(health.state(seconds(3.1))).toBe("live");
  });

  it("measures the rate over what came in the last two seconds", () => {
    const health = new StreamHealth();
    for (let at = 0; at <= 3_000; at += 40) health.heard(millis(at), 1);
    expect(health.rate(millis(3_000))).toBeCloseTo(25, 6);
    expect(health.rate(millis(60_000))).toBe(0);
  });

  it("knows how long ago it was heard", () => {
    const health = new StreamHealth();
    expect(health.age(seconds(1))).toBeUndefined();
    health.heard(seconds(1), 1);
    expect(health.age(seconds(3))).toBe(seconds(2));
  });
});
