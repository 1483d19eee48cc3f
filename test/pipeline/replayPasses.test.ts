import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { replayPasses } from "../../src/pipeline/replayPasses.ts";
import { micros } from "../../src/units.ts";

describe("replayPasses", () => {
  const origin = micros(1_000);

  it("plays once where nothing repeats, from the beginning or from the middle", () => {
    expect([...replayPasses({ origin, from: micros(400) })]).toEqual([
      { start: 1_000, from: 0, to: Infinity },
    ]);
    expect([...replayPasses({ origin, from: micros(1_250) })]).toEqual([
      { start: 1_000, from: 250, to: Infinity },
    ]);
  });

  it("repeats without end, and joins in the pass that is under way", () => {
    const passes = replayPasses({ origin, from: micros(1_250), repeat: micros(100) });
    expect(passes.next().value).toEqual({ start: 1_200, from: 50, to: 100 });
    expect(passes.next().value).toEqual({ start: 1_300, from: 0, to: 100 });
    expect(passes.next().value).toEqual({ start: 1_400, from: 0, to: 100 });
  });

  it("begins with the first pass when it is started ahead of time", () => {
    const passes = replayPasses({ origin, from: micros(0), repeat: micros(100) });
    expect(passes.next().value).toEqual({ start: 1_000, from: 0, to: 100 });
  });

  it("refuses to repeat after no time", () => {
    const passes = replayPasses({ origin, from: origin, repeat: micros(0) });
    expect(() => passes.next()).toThrow(ConfigError);
  });
});
