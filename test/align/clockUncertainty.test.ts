import { describe, expect, it } from "vitest";

import { Aligner } from "../../src/align/Aligner.ts";
import { exact } from "../../src/align/Policy.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { micros, millis } from "../../src/units.ts";
import { config, frame } from "./chart.ts";

const policies = { a: exact(), b: exact() };
const options = { columns: policies, skew: millis(100) };

function clock(stream: string, uncertainty: number): LogRecord {
  return {
    kind: "CLOCK",
    logTime: micros(0),
    stream,
    epoch: 1,
    since: micros(0),
    offset: micros(40),
    ppm: 12.5,
    residual: micros(-3),
    uncertainty: micros(uncertainty),
    stepped: false,
  };
}

describe("a row", () => {
  it("says how wrong each stream's clock may be, once that has been measured, also after a restore", () => {
    const aligner = new Aligner(options);
    aligner.push(config(Object.keys(policies)));
    const rows = [
      frame("a", 0),
      frame("b", 0),
      clock("a", 250),
      frame("a", 40),
      frame("b", 40),
    ].flatMap((record) => aligner.push(record));
    const restored = Aligner.restore(options, structuredClone(aligner.snapshot()));
    for (const record of [frame("a", 80), clock("b", 70), frame("b", 80)])
      rows.push(...restored.push(record));
    const said = rows.map(({ cells }) =>
      Object.values(cells).map((cell) =>
        cell.presence === "missing" ? "missing" : cell.clockUncertainty,
      ),
    );
    expect(said).toEqual([
      [undefined, undefined],
      [250, undefined],
      [250, 70],
    ]);
  });
});
