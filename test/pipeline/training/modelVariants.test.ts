import { expect, it } from "vitest";

import { configOf, lossOf } from "../../../src/learn/ModelPlan.ts";
import { modelVariants } from "../../../src/pipeline/training/modelVariants.ts";

const KNOWN = {
  sizes: { a: 4, b: 5, c: 6 },
  classes: ["nothing", "one"],
  prior: [0.5, 0.5],
  rowMicros: 40_000,
};

it("switches one part at a time and has a specialist for every subset but the whole", () => {
  const variants = modelVariants({}, ["a", "b", "c"]);
  const named = Object.fromEntries(variants.map((variant) => [variant.name, variant]));
  expect(Object.keys(named)).toEqual([
    "",
    "no-codes",
    "no-contrast",
    "fusion-token",
    "split",
    "head-turns",
    "calibrated",
    "only-a",
    "only-b",
    "only-a+b",
    "only-c",
    "only-a+c",
    "only-b+c",
  ]);
  expect(named["only-a+c"]?.without).toEqual(["b"]);
  const config = (name: string) => configOf(named[name]?.plan ?? {}, KNOWN);
  expect(config("no-codes")).toEqual({ ...config(""), parts: { quantised: false } });
  expect(config("fusion-token").parts?.fusion?.kind).toBe("tokens");
  const loss = (name: string) => lossOf(named[name]?.plan ?? {});
  expect(loss("no-contrast")).toEqual({ ...loss(""), gmc: { ...loss("").gmc, weight: 0 } });
  expect(loss("split").decur?.common).toBe(36);
  expect(loss("head-turns").headTurns).toBe(true);
});

it("leaves out what the plan asks for in training, one by one, and nothing that it does not ask for", () => {
  const own = { loss: { labelSmoothing: 0.1, events: 1 }, training: { shuffled: true } };
  const named = Object.fromEntries(
    modelVariants(own, ["a", "b"]).map((variant) => [variant.name, variant.plan]),
  );
  expect(named["one-order"]?.training).toEqual({ shuffled: false });
  expect(named["no-smoothing"]?.loss).toEqual({ labelSmoothing: 0, events: 1 });
  expect(named["no-events"]?.loss).toEqual({ labelSmoothing: 0.1, events: 0 });
  const shuffled = modelVariants({ training: { shuffled: true } }, ["a"]).map(({ name }) => name);
  expect(shuffled).toContain("one-order");
  expect(shuffled).not.toContain("no-smoothing");
});
