import { describe, expect, it } from "vitest";
import { alignerOptions } from "../../src/pipeline/alignerOptions.ts";
import { definePipeline } from "../../src/pipeline/definePipeline.ts";
import { seconds } from "../../src/units.ts";
import { tinyPipeline } from "../support/tinyPipeline.ts";

describe("the rows of a pipeline", () => {
  it("follow its streams' roles, and are told again and not told as its grid says", async () => {
    await using tiny = await tinyPipeline(1);
    const { definition } = tiny;
    const { a, b } = definition.streams;
    if (a === undefined || b === undefined) throw new Error("two streams expected");
    const given = { ...a, role: "optional" as const };
    const times = { revisionHorizon: seconds(2), longestEmpty: seconds(5) };
    const grid = { ...definition.grid, ...times };
    const options = alignerOptions({ ...definition, streams: { a: given, b }, grid });
    expect(options).toMatchObject({ roles: { a: "optional" }, ...times });
    expect(alignerOptions(definition)).not.toHaveProperty("revisionHorizon");
  });

  it("stand at the frames of one stream at most", async () => {
    await using tiny = await tinyPipeline(1);
    const { definition } = tiny;
    const streams = Object.fromEntries(
      Object.entries(definition.streams).map(([name, plan]) => [
        name,
        { ...plan, role: "primary" as const },
      ]),
    );
    expect(() => definePipeline({ ...definition, streams })).toThrow("one primary stream at most");
  });
});
