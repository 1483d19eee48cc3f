import { describe, expect, it } from "vitest";

import { partsPipeline } from "../../src/cli/partsPipeline.ts";
import { ConfigError } from "../../src/errors.ts";

const chosen = async (set: string, asked?: string) => {
  const { definition, others } = await partsPipeline(set, asked);
  return [definition.name, ...others];
};

// Loads every pipeline, which takes seconds where the machine is busy.
describe("the pipeline whose parts are tried", { timeout: 60_000 }, () => {
  it("is the first that streams the set, with the others beside it", async () => {
    expect(await chosen("grid_av")).toEqual(["talking-face", "talking-face-now"]);
    expect(await chosen("utd_mhad")).toEqual(["body-actions"]);
  });

  it("is the one that is asked for", async () => {
    expect(await chosen("grid_av", "talking-face-now")).toEqual([
      "talking-face-now",
      "talking-face",
    ]);
    expect(await chosen("grid_av", "pipelines/talking-face-now")).toEqual([
      "talking-face-now",
      "talking-face",
    ]);
  });

  it("is refused where it does not stream the set, or nobody does", async () => {
    await expect(partsPipeline("utd_mhad", "talking-face")).rejects.toThrow(
      "expected a pipeline that streams utd_mhad (body-actions), got talking-face",
    );
    await expect(partsPipeline("mosi", undefined)).rejects.toThrow(/expected a set .*, got mosi/);
    await expect(partsPipeline("grid_av", "taking-face")).rejects.toThrow(ConfigError);
  });
});
