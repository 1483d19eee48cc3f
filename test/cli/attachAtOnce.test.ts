import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { attachAtOnce } from "../../src/cli/attachAtOnce.ts";
import { parseSensorSpec } from "../../src/pipeline/parseSensorSpec.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

let tiny: TinyPipeline;
beforeAll(async () => {
  tiny = await tinyPipeline(2);
}, 60_000);
afterAll(() => tiny[Symbol.asyncDispose]());

/** A run of which nobody feeds stream b, and these sensors with it. */
async function startWith(...specs: readonly string[]) {
  const { b: _, ...sensors } = tiny.options.feed.sensors;
  const feed = { ...tiny.options.feed, sensors };
  const run = await startPipeline(tiny.definition, { ...tiny.options, feed });
  try {
    await attachAtOnce(run, specs.map(parseSensorSpec));
  } catch (cause) {
    await run[Symbol.asyncDispose]();
    throw cause;
  }
  return run;
}

describe("the sensors of run --sensor", () => {
  it("feed the streams that they name, or new ones, from the start", async () => {
    await using run = await startWith("b=synthetic", "level=synthetic,signal=still,rate=10,unit=m");
    const seen = { b: 0, level: 0 };
    run.moments.subscribe(({ frameset: { cells } }) => {
      if (cells["b"]?.presence === "real") seen.b++;
      if (cells["level"]?.presence === "real") seen.level++;
    });
    await run.go();
    expect(run.hotPlug.guests).toMatchObject([{ stream: "level", rate: 10, unit: "m" }]);
    expect(run.hotPlug.kindOf("b")).toBe("synthetic");
    expect(seen.b).toBeGreaterThan(10);
    expect(seen.level).toBeGreaterThan(5);
  }, 120_000);

  it("are refused where their stream is fed, or they take no argument", async () => {
    await expect(startWith("synthetic:3")).rejects.toThrow(
      /expected synthetic,option=value, got 3/,
    );
    await expect(startWith("smell")).rejects.toThrow(
      /expected one of actionClips, .* or a path, got smell/,
    );
  }, 120_000);
});
