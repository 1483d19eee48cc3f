import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { recordLine, recordOfLine } from "../../src/log/recordLine.ts";
import { anyLog } from "./anyRecord.ts";
import { label, smallLog, stream } from "./smallLog.ts";

describe("records as lines", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(anyLog(6), (log) => {
        for (const record of log) {
          const line = recordLine(record);
          expect(line).not.toContain("\n");
          const back = recordOfLine(line);
          expect(recordLine(back)).toBe(line);
          expect(back.kind).toBe(record.kind);
        }
      }),
    );
  });

  it("hold frames and labels", () => {
    for (const record of smallLog([stream("a")], { to: 0.2, labels: [label("clap", 0, 1)] }))
      expect(recordOfLine(recordLine(record))).toEqual(record);
  });

  it.each(["", "{}", "[1]", '{"logTime":1,"topic":"/a/b","metadata":{"kind":"X"},"message":""}'])(
    "are refused where they are none: %s",
    (line) => expect(() => recordOfLine(line)).toThrow(/expected .*, got/s),
  );
});
