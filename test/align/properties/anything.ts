import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";

import { Aligner } from "../../../src/align/Aligner.ts";
import { exact } from "../../../src/align/Policy.ts";
import { UNUSED_REASONS, type UnusedFrame } from "../../../src/align/UnusedFrame.ts";
import type { Frameset } from "../../../src/frames/Frameset.ts";
import type { LogRecord } from "../../../src/log/LogRecord.ts";
import { type Property, property } from "../../support/Property.ts";
import { anyChaos, anyChaosOptions, ORIGIN, PERIOD } from "../chaos.ts";
import { oracleCell } from "../oracle.ts";
import { anyPicks, describeStream, picks, render, rowsOf, singly } from "../scenario.ts";
import { alike } from "./nothingLate.ts";
import { carried, framesOfStream, redelivered, renumbered, valuesOf } from "./records.ts";

/** What holds whatever comes in. */
export const anything: readonly Property[] = [
  property(
    "P2",
    "any chunking of the same frames gives the same rows",
    fc.property(anyChaos, anyChaosOptions, (log, options) => {
      const rows = rowsOf(options, log);
      deepEqual(render(rowsOf(options, log.flatMap(singly))), render(rows));
    }),
  ),
  property(
    "P3c",
    "every row is the offline join of all frames accepted before, and those after would not change it",
    fc.property(anyChaos, anyChaosOptions, (chaos, drawn) => {
      const log = chaos.filter(({ kind }, i) => i === 0 || kind !== "CONFIG").flatMap(singly);
      const accepted: LogRecord[] = [];
      const onUnused = (frame: UnusedFrame): void => {
        if (frame.reason === "aged") return;
        // A torn chunk of several frames is refused whole, once for each.
        const index = accepted.findIndex((record) => carried(record, frame));
        if (index >= 0) accepted.splice(index, 1);
      };
      const options = { ...drawn, capacity: 8_192, onUnused };
      const aligner = new Aligner(options);
      const told: { readonly row: Frameset; readonly seen: readonly LogRecord[] }[] = [];
      for (const record of log) {
        if (record.kind === "DATA") accepted.push(record);
        const rows = aligner.push(record);
        if (rows.length === 0) continue;
        const seen = [...accepted];
        for (const row of rows) told.push({ row, seen });
      }
      if (options.roles?.["a"] === "primary") {
        const instants = told
          .filter(({ row }) => row.revision === undefined)
          .map(({ row }) => Number(row.time));
        const end = instants.at(-1) ?? 0;
        const wanted = accepted
          .flatMap((record) => framesOfStream(record, "a"))
          .map(({ time }) => time)
          .filter((time) => time >= ORIGIN && time <= end);
        if (options.longestEmpty === undefined)
          deepEqual(
            instants,
            wanted.sort((a, b) => a - b),
          );
      }
      for (const { row, seen } of told)
        for (const [name, cell] of Object.entries(row.cells)) {
          const policy = options.columns[name] ?? exact();
          const isFinal =
            options.roles?.[name] !== "optional" && drawn.revisionHorizon === undefined;
          for (const records of isFinal ? [seen, accepted] : [seen]) {
            const frames = records.flatMap((record) => framesOfStream(record, name));
            const wanted = oracleCell({ policy, frames }, row.time, PERIOD);
            equal(cell.presence, wanted.presence);
            alike(valuesOf(cell), wanted.values);
          }
        }
    }),
  ),
  property(
    "P4, P10",
    "rows come out once each, in order, and the next one never moves back",
    fc.property(anyChaos, anyChaosOptions, (log, options) => {
      const aligner = new Aligner(options);
      let last = Number.NEGATIVE_INFINITY;
      for (const record of log) {
        for (const { time, id, site, config, revision } of aligner.push(record)) {
          equal(id, `${site}:${time}:${config}`);
          if (revision !== undefined) continue;
          ok(time > last);
          last = time;
        }
        ok((aligner.blocking()?.time ?? Number.NaN) > last);
      }
    }),
  ),
  property(
    "P5, P6",
    "every frame is used, held, or counted and handed out under one reason",
    fc.property(anyChaos, anyChaosOptions, (log, options) => {
      const unused: UnusedFrame[] = [];
      const aligner = new Aligner({ ...options, onUnused: (frame) => unused.push(frame) });
      const sent = new Map<string, number>();
      for (const record of log) {
        aligner.push(record);
        if (record.kind !== "DATA") continue;
        const { stream, originTimes } = record.chunk;
        sent.set(stream, (sent.get(stream) ?? 0) + originTimes.length);
      }
      const { streams, unknownStream } = aligner.counters();
      let toNobody = 0;
      for (const [name, count] of sent) {
        const of = unused.filter(({ stream }) => stream === name);
        const unknown = of.filter(({ reason }) => reason === "unknown-stream").length;
        toNobody += unknown;
        const counters = streams[name];
        if (counters === undefined) {
          equal(unknown, count);
          continue;
        }
        equal(counters.received + unknown, count);
        for (const reason of UNUSED_REASONS)
          if (reason !== "unknown-stream")
            equal(of.filter((frame) => frame.reason === reason).length, counters[reason]);
        equal(counters.used + counters.buffered + of.length - unknown, counters.received);
      }
      equal(unknownStream, toNobody);
    }),
  ),
  property(
    "P8",
    "buffers stay within their bound",
    fc.property(anyChaos, anyChaosOptions, (log, options) => {
      const aligner = new Aligner({ ...options, capacity: 3 });
      for (const record of log) {
        aligner.push(record);
        // A stream that two configurations describe differently has two columns.
        for (const { held } of Object.values(aligner.counters().streams)) ok(held <= 3);
      }
    }),
  ),
  property(
    "P13",
    "an aligner restored at any record goes on as if it had never stopped",
    fc.property(anyChaos, anyChaosOptions, fc.nat(), (log, options, at) => {
      const cut = at % (log.length + 1);
      const whole = new Aligner(options);
      const first = new Aligner(options);
      for (const record of log.slice(0, cut)) {
        whole.push(record);
        first.push(record);
      }
      const second = Aligner.restore(options, structuredClone(first.snapshot()));
      deepEqual(second.counters(), whole.counters());
      deepEqual(second.snapshot(), first.snapshot());
      for (const record of log.slice(cut))
        deepEqual(render(second.push(record)), render(whole.push(record)));
      deepEqual(second.counters(), whole.counters());
      deepEqual(second.blocking(), whole.blocking());
    }),
  ),
  property(
    "P14",
    "what comes twice counts once",
    fc.property(anyChaos, anyChaosOptions, anyPicks, (log, options, seed) => {
      const next = picks(seed);
      const unique = log.map(keepsStreams).map(renumbered());
      const twice = unique.flatMap((record, i) => {
        if (next() % 2 === 0) return [record];
        const again = unique[i - (next() % (i + 1))] ?? record;
        const isOurs = again.kind !== "DATA" && again.kind !== "HEARTBEAT";
        return isOurs ? [record] : [record, redelivered(again, record.logTime)];
      });
      deepEqual(render(rowsOf(options, twice)), render(rowsOf(options, unique)));
    }),
  ),
  property(
    "P17",
    "nonsense in a record is counted, never thrown",
    fc.property(
      anyChaos,
      anyChaosOptions,
      fc.array(nonsense(), { minLength: 20, maxLength: 20 }),
      anyPicks,
      (log, options, values, seed) => {
        const next = picks(seed);
        const value = (): number => values[next() % values.length] ?? 0;
        const garbled = log.map((record): LogRecord => {
          if (next() % 4 !== 0 || record.kind === "CONFIG") return record;
          if (record.kind === "HEARTBEAT") return { ...record, until: value() as never };
          if (record.kind !== "DATA") return record;
          const fields = ["epoch", "firstSequence", "arrivalTime"] as const;
          const field = fields[next() % 4] ?? "originTimes";
          const garbage = field === "originTimes" ? [value()] : value();
          return { ...record, chunk: { ...record.chunk, [field]: garbage } as never };
        });
        const aligner = new Aligner(options);
        for (const record of garbled)
          for (const { time } of aligner.push(record)) ok(Number.isSafeInteger(time));
      },
    ),
  ),
];

function nonsense(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 2 ** 60, -(2 ** 60)),
    fc.integer(),
    fc.double(),
  );
}

/** The same configuration with all streams: one that comes back has forgotten what it had seen. */
function keepsStreams(record: LogRecord): LogRecord {
  if (record.kind !== "CONFIG") return record;
  return { ...record, streams: ["a", "b", "c", "d"].map((name) => describeStream(name, 0)) };
}
