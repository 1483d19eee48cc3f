import { describe, expect, it } from "vitest";

import { parseLabel, parseLabelChoice } from "../../src/cli/labelSpec.ts";
import { START } from "../log/smallLog.ts";

describe("labels as a person writes them", () => {
  it("are a name and seconds from the start, or dates", () => {
    const { label, from, to } = parseLabel("say @ home@1.2s-1.8");
    expect([label, from(START) - START, to(START) - START]).toEqual([
      ...["say @ home", 1_200_000, 1_800_000],
    ]);
    const dated = parseLabel("clap@2026-01-01T00:00:01Z-2026-01-01T00:00:02.5Z");
    expect([dated.from(START) - START, dated.to(START) - START]).toEqual([1e6, 2.5e6]);
  });

  it("are chosen by name, by time, or both", () => {
    expect(parseLabelChoice("clap")).toEqual({ label: "clap" });
    expect(parseLabelChoice("clap@2s").from?.(START)).toBe(START + 2e6);
    expect(parseLabelChoice("@1s-2s")).toMatchObject({ label: "" });
  });

  it.each(["clap", "@1s-2s", "clap@2s-1s", "clap@2s", "clap@soon"])("are refused: %s", (text) => {
    expect(() => parseLabel(text)).toThrow("expected");
  });
});
