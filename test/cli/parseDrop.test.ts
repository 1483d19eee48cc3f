import { describe, expect, it } from "vitest";

import { parseDrop } from "../../src/cli/parseDrop.ts";
import { seconds } from "../../src/units.ts";

describe("parseDrop", () => {
  it("reads a stream and two times in seconds", () => {
    expect(parseDrop("audio@4s-8s")).toEqual({
      stream: "audio",
      from: seconds(4),
      to: seconds(8),
    });
    expect(parseDrop("left.cam@0.5-2.25s")).toEqual({
      stream: "left.cam",
      from: seconds(0.5),
      to: seconds(2.25),
    });
  });

  it.each(["audio", "audio@4s", "audio@4-", "@1-2", "audio@a-b", "audio@-1-2"])(
    "says what it expected instead of %s",
    (text) => {
      expect(() => parseDrop(text)).toThrow(
        `expected STREAM@FROMs-TOs like audio@4s-8s, got ${text}`,
      );
    },
  );

  it("refuses an end that is not after the start", () => {
    expect(() => parseDrop("audio@4-4")).toThrow("expected the end after the start");
  });
});
