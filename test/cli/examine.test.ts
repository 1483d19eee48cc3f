import { expect, it } from "vitest";

import { examine, type Finding } from "../../src/cli/examine.ts";

it("finds what works here, and for all that does not says what to do", {
  timeout: 60_000,
}, async () => {
  const findings: Finding[] = [];
  for await (const finding of examine()) findings.push(finding);
  const states = new Map(findings.map(({ what, state }) => [what, state]));
  expect(states.get("device cpu")).toBe("works");
  expect(states.get("device tfjs")).toBe("works");
  expect(states.get("ZeroMQ")).toBe("works");
  expect(states.get("sensor recording")).toBe("works");
  expect(states.get("pipeline talking-face")).toBe("works");
  for (const { what, state, fix } of findings)
    if (state !== "works") expect(fix, what).toMatch(/\w/);
});
