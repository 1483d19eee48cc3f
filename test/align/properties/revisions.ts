import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import fc from "fast-check";

import { Aligner } from "../../../src/align/Aligner.ts";
import type { Frameset } from "../../../src/frames/Frameset.ts";
import { micros, millis } from "../../../src/units.ts";
import { type Property, property } from "../../support/Property.ts";
import { anyChaos, anyChaosOptions } from "../chaos.ts";
import { oracleCell } from "../oracle.ts";
import { anyPicks, anyScenario, FOREVER, optionsOf, render, rowsOf } from "../scenario.ts";
import { alike } from "./nothingLate.ts";
import { mixedLog, valuesOf } from "./records.ts";

/** What holds of rows that may be told again. */
export const revisions: readonly Property[] = [
  property(
    "V1",
    "in whatever order streams arrive, in the end every row is the offline join, however late the frames",
    fc.property(
      anyScenario(),
      anyPicks,
      fc.constantFrom(millis(0), millis(50), millis(200)),
      fc.subarray(["a", "b", "c", "d"]),
      (scenario, seed, skew, optional) => {
        const { period, streams } = scenario;
        const names = optional.filter((name) => streams.some((stream) => stream.name === name));
        const roles = Object.fromEntries(names.map((name) => [name, "optional" as const]));
        const options = { ...optionsOf(scenario, skew), roles, revisionHorizon: FOREVER };
        const last = new Map<string, Frameset>();
        for (const row of rowsOf(options, mixedLog(scenario, seed))) last.set(row.id, row);
        for (const { time, cells } of last.values())
          for (const stream of streams) {
            const wanted = oracleCell(stream, time, period);
            equal(cells[stream.name]?.presence, wanted.presence);
            alike(valuesOf(cells[stream.name]), wanted.values);
          }
      },
    ),
  ),
  property(
    "V2",
    "as long as nothing is late there are none, and the rows are those without",
    fc.property(anyScenario(), anyPicks, (scenario, seed) => {
      const log = mixedLog(scenario, seed);
      const options = optionsOf(scenario, FOREVER);
      const rows = rowsOf({ ...options, revisionHorizon: millis(500) }, log);
      deepEqual(render(rows), render(rowsOf(options, log)));
    }),
  ),
  property(
    "V3",
    "each says something new, under its row's id and the next number, no longer after it than the horizon",
    fc.property(
      anyChaos,
      anyChaosOptions,
      fc.constantFrom(millis(60), millis(300)),
      (log, options, revisionHorizon) => {
        const aligner = new Aligner({ ...options, revisionHorizon });
        const told = new Map<string, Frameset>();
        let newest = micros(0);
        let count = 0;
        for (const row of log.flatMap((record) => aligner.push(record))) {
          const before = told.get(row.id);
          equal(row.revision, before === undefined ? undefined : (before.revision ?? 0) + 1);
          told.set(row.id, row);
          if (before === undefined) newest = row.time;
          if (before === undefined) continue;
          count++;
          ok(row.time >= newest + 1 - revisionHorizon);
          const { revision: _, cells, ...rest } = row;
          const { revision: __, cells: cellsBefore, ...restBefore } = before;
          deepEqual(rest, restBefore);
          notDeepEqual(contents(cells), contents(cellsBefore));
        }
        equal(aligner.counters().revisions, count);
      },
    ),
  ),
];

/** Cells less why they are missing. */
function contents(cells: Frameset["cells"]): unknown {
  return Object.entries(cells).map(([name, cell]) =>
    cell.presence === "missing" ? [name] : [name, cell],
  );
}
