import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { Aligner } from "../../../src/align/Aligner.ts";
import type { UnusedFrame } from "../../../src/align/UnusedFrame.ts";
import type { Frameset } from "../../../src/frames/Frameset.ts";
import type { LogRecord } from "../../../src/log/LogRecord.ts";
import { micros, millis } from "../../../src/units.ts";
import { type Property, property } from "../../support/Property.ts";
import { anyChaos, anyChaosOptions } from "../chaos.ts";
import { FOREVER, render } from "../scenario.ts";

/** What holds of long stretches at which nothing was there. */
export const emptiness: readonly Property[] = [
  property(
    "E",
    "they are told as a number, and nothing else is different",
    fc.property(
      anyChaos,
      anyChaosOptions,
      fc.constantFrom(micros(0), millis(90), millis(400)),
      (log, { revisionHorizon: _, ...options }, longestEmpty) => {
        const all = told({ ...options, longestEmpty: FOREVER }, log);
        const some = told({ ...options, longestEmpty }, log);
        const periods = new Map(
          log.flatMap((record) =>
            record.kind === "CONFIG" ? [[record.version, Number(record.period)] as const] : [],
          ),
        );
        const wanted = collapsed(all.rows, longestEmpty, periods);
        deepEqual(render(some.rows), render(wanted));
        deepEqual(some.unused, all.unused);
        deepEqual(some.streams, all.streams);
        equal(some.count, some.rows.length);
        equal(some.count + some.skipped, all.count);
      },
    ),
  ),
];

function told(options: ConstructorParameters<typeof Aligner>[0], log: readonly LogRecord[]) {
  const unused: UnusedFrame[] = [];
  const aligner = new Aligner({ ...options, onUnused: (frame) => unused.push(frame) });
  const rows = log.flatMap((record) => aligner.push(record));
  const { rows: count, skipped, streams } = aligner.counters();
  return { rows, unused, count, skipped, streams };
}

/** The rows less those that a stretch of empty ones goes on with after `longest`, by their definition. */
function collapsed(
  rows: readonly Frameset[],
  longest: number,
  periods: ReadonlyMap<number, number>,
): Frameset[] {
  const out: Frameset[] = [];
  let stretch = 0;
  let skipped = 0;
  for (const row of rows) {
    const isEmpty = Object.values(row.cells).every(({ presence }) => presence === "missing");
    stretch = isEmpty ? stretch + (periods.get(row.config) ?? 0) : 0;
    if (stretch > longest) skipped++;
    else {
      out.push(skipped === 0 ? row : { ...row, skipped });
      skipped = 0;
    }
  }
  return out;
}
