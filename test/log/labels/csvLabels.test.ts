import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import { formatCsvLabels, labelsOfCsv } from "../../../src/log/labels/csvLabels.ts";

describe("a table of labels", () => {
  it("comes back as it was written, quotes and commas too", () => {
    const text = fc.string({ minLength: 1, maxLength: 12 }).map((said) => `a${said.trim()}z`);
    const line = fc
      .record({ label: text, slot: text, start: fc.nat(1e9), length: fc.nat(1e6) })
      .map(({ label, slot, start, length }) => ({
        label,
        slot,
        from: start / 1e6,
        to: (start + length) / 1e6,
      }));
    fc.assert(
      fc.property(fc.array(line), (labels) => {
        expect(labelsOfCsv(formatCsvLabels(labels))).toEqual({ labels, wrong: [] });
      }),
    );
  });

  it("is read as ELAN exports it, with tabs, tiers and times of day", () => {
    const elan =
      "Tier\tBegin Time\tEnd Time\tAnnotation\n" +
      "gesture\t00:00:01.500\t00:01:02.250\twave\n" +
      "gesture\t00:00:03.000\t00:00:01.000\tbackwards\n";
    expect(labelsOfCsv(elan)).toEqual({
      labels: [{ label: "wave", slot: "gesture", from: 1.5, to: 62.25 }],
      wrong: ["gesture,00:00:03.000,00:00:01.000,backwards"],
    });
  });

  it("must say in its head what is what", () => {
    expect(() => labelsOfCsv("a,b\n1,2\n")).toThrow(
      /expected columns from, to and label, got a, b/,
    );
    expect(() => labelsOfCsv("")).toThrow(ConfigError);
    expect(() => labelsOfCsv('from,to,label\n1,2,"open\n')).toThrow(ConfigError);
  });
});
