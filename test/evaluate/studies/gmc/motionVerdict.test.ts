import { describe, expect, it } from "vitest";

import { motionVerdict } from "../../../../src/evaluate/studies/gmc/motion/aboutMotion.ts";

/** A table in which all modalities and the joint are right for `share` of the clips. */
const even = (share: number, variant = "") =>
  Object.fromEntries(
    ["inertial", "skeleton", "depth", "joint"].map((name) => [
      `accuracy/${name}${variant}`,
      { mean: share, std: 0 },
    ]),
  );

describe("what is said of GMC on motion clips", () => {
  it("tells of the variants that were run, and of no others", () => {
    const text = motionVerdict({ ...even(0.8), ...even(0.7, "@late-fusion") });
    expect(text).toContain("Against late fusion: inertial 0.100 above it");
    expect(text).not.toMatch(/contrast adds|zeros|dropout|teacher|not measured/);
  });

  it("sets the teacher against leaving out what is incomplete, not against the method", () => {
    const missing = { ...even(0.5, "@missing-skip"), ...even(0.6, "@missing-teacher") };
    expect(motionVerdict({ ...even(0.9), ...missing })).toContain(
      "the teacher against leaving incomplete clips out: inertial 0.100 above it",
    );
  });
});
