import { deepEqual, ok } from "node:assert/strict";
import fc from "fast-check";

import { Aligner } from "../../../src/align/Aligner.ts";
import type { ColumnWait } from "../../../src/align/Blocking.ts";
import { exact } from "../../../src/align/Policy.ts";
import type { LogRecord } from "../../../src/log/LogRecord.ts";
import { micros, millis } from "../../../src/units.ts";
import { type Property, property } from "../../support/Property.ts";
import { anyChaos, anyChaosOptions } from "../chaos.ts";
import {
  anyPicks,
  anyScenario,
  dataRecord,
  describeStream,
  FOREVER,
  optionsOf,
  render,
  type ScenarioStream,
} from "../scenario.ts";
import { arrivalLog, mixedLog } from "./records.ts";

/** Whom rows wait for, for how long, and whether we are told. */
export const waiting: readonly Property[] = [
  property(
    "P7",
    "a row waits no longer than skew bound, lag and gap of the living one",
    fc.property(
      anyScenario({
        disorder: false,
        chunks: false,
        heartbeats: false,
        maxGap: 60_000,
        maxDelay: 50_000,
      }),
      fc.constantFrom(millis(60), millis(200)),
      (scenario, skew) => {
        const alive = Array.from({ length: 100 }, (_, sequence) => {
          const time = 900_000 + sequence * 15_000;
          return dataRecord("alive", [{ time, sequence, arrival: time + 20_000, value: 0 }]);
        });
        const streams = [...scenario.streams, liveStream(alive)];
        const all = { ...scenario, streams };
        const aligner = new Aligner(optionsOf(all, skew));
        // The furthest any policy here looks ahead is a window of 120 ms, or the span of a line.
        const bound = skew + 15_000 + 20_000 + 150_000 + scenario.period;
        for (const record of arrivalLog(all, streams)) {
          aligner.push(record);
          if (record.logTime < scenario.origin || record.logTime > 2_300_000) continue;
          ok((aligner.blocking()?.time ?? 0) >= record.logTime - bound);
        }
      },
    ),
  ),
  property(
    "O",
    "an optional stream delays no row and changes no other column, whenever its frames come",
    fc.property(anyScenario(), anyPicks, (scenario, seed) => {
      const [guest, ...others] = scenario.streams;
      if (guest === undefined || others.length === 0) return;
      const options = {
        ...optionsOf(scenario, FOREVER),
        roles: { [guest.name]: "optional" as const },
      };
      const mixed = mixedLog(scenario, seed);
      const lonely = mixed.filter((record) => streamOf(record) !== guest.name);
      const withGuest = outcomes(options, mixed, guest.name);
      const alone = outcomes(options, lonely, guest.name);
      // The rows after the others' end are due only by the guest's frames, if at all.
      deepEqual(withGuest.slice(0, alone.length), alone);
    }),
  ),
  property(
    "B",
    "a row waits for those streams that we are told of, up to where we are told, and for nobody else",
    fc.property(anyChaos, anyChaosOptions, fc.nat(), (log, options, at) => {
      const cut = log.slice(0, 1 + (at % log.length));
      const aligner = new Aligner(options);
      for (const record of cut) aligner.push(record);
      const blocking = aligner.blocking();
      if (blocking === undefined) throw new Error("a configuration came");
      const { time, due, waits } = blocking;
      for (const { stream, need, has } of waits) {
        ok(has < need);
        ok(options.roles?.[stream] !== "optional");
      }
      if (!due) {
        deepEqual(
          waits.map(({ stream }) => stream),
          options.roles?.["a"] === "primary" ? ["a"] : [],
        );
        return;
      }
      ok(waits.length > 0);
      const goneOn = (known: readonly ColumnWait[]): boolean => {
        const copy = Aligner.restore(options, aligner.snapshot());
        for (const wait of known) copy.push(promised(wait));
        return (copy.blocking()?.time ?? 0) > time || copy.blocking()?.due === false;
      };
      ok(goneOn(waits));
      // The promise of one stream makes the skew bound of the others run.
      if (aligner.snapshot().skew < 1e9) return;
      for (const missing of waits) ok(!goneOn(waits.filter((wait) => wait !== missing)));
    }),
  ),
];

/** A promise that makes a stream known just as far as a row needs it. */
function promised({ stream, need }: ColumnWait): LogRecord {
  return { kind: "HEARTBEAT", stream, until: micros(need + 1), logTime: micros(need + 1) };
}

function streamOf(record: LogRecord): string | undefined {
  if (record.kind === "DATA") return record.chunk.stream;
  return "stream" in record ? record.stream : undefined;
}

/** For each record of any other stream the rows out by then, less the column of `guest`. */
function outcomes(
  options: ConstructorParameters<typeof Aligner>[0],
  log: readonly LogRecord[],
  guest: string,
): string[] {
  const aligner = new Aligner(options);
  const out: string[] = [];
  for (const record of log) {
    const rows = aligner.push(record).map((row) => {
      const { [guest]: _, ...cells } = row.cells;
      return { ...row, cells };
    });
    out.push(...render(rows).map((row) => `${streamOf(record)} ${record.logTime}: ${row}`));
  }
  return out;
}

function liveStream(records: readonly LogRecord[]): ScenarioStream {
  const description = describeStream("alive", 0);
  return { name: "alive", policy: exact(), description, frames: [], records, promises: [] };
}
