import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";

import { exact, linear, nearest, type Policy } from "../../../src/align/Policy.ts";
import { micros, millis } from "../../../src/units.ts";
import { type Property, property } from "../../support/Property.ts";
import { oracleCell, oracleInstants } from "../oracle.ts";
import {
  anyPicks,
  anyScenario,
  column,
  configRecord,
  FOREVER,
  optionsOf,
  render,
  rowsOf,
} from "../scenario.ts";
import {
  affine,
  arrivalLog,
  later,
  laterRow,
  misdated,
  mixedLog,
  valuesOf,
  without,
} from "./records.ts";

/** How far a deleted frame can be felt: the widest look of any policy. */
const REACH = 160_000;

/** What holds as long as no frame is late. */
export const nothingLate: readonly Property[] = [
  property(
    "P1",
    "the order of arrival between streams does not change a byte",
    fc.property(anyScenario(), anyPicks, anyPicks, (scenario, one, other) => {
      const options = optionsOf(scenario, FOREVER);
      const rows = render(rowsOf(options, mixedLog(scenario, one)));
      deepEqual(render(rowsOf(options, mixedLog(scenario, other))), rows);
    }),
  ),
  property(
    "P1p",
    "with a primary the rows stand at its frames, and are the offline join there, in any order of arrival",
    fc.property(anyScenario(), anyPicks, anyPicks, (scenario, one, other) => {
      const { origin, period, streams } = scenario;
      const options = { ...optionsOf(scenario, FOREVER), roles: { a: "primary" as const } };
      const rows = rowsOf(options, mixedLog(scenario, one));
      deepEqual(render(rowsOf(options, mixedLog(scenario, other))), render(rows));
      const instants = streams[0]?.frames.map(({ time }) => time) ?? [];
      deepEqual(
        rows.map(({ time }) => Number(time)),
        instants.filter((time) => time >= origin),
      );
      for (const { time, cells } of rows)
        for (const stream of streams)
          equal(cells[stream.name]?.presence, oracleCell(stream, time, period).presence);
    }),
  ),
  property(
    "P3",
    "the rows are those of the brute-force offline join",
    fc.property(anyScenario(), anyPicks, (scenario, seed) => {
      const rows = rowsOf(optionsOf(scenario, FOREVER), mixedLog(scenario, seed));
      const { origin, period, streams } = scenario;
      const promises = streams.flatMap(({ policy, promises }) =>
        promises.map((until) => ({ until, policy })),
      );
      const instants = oracleInstants(origin, period, streams, promises);
      deepEqual(
        rows.map(({ time }) => Number(time)),
        instants,
      );
      for (const { time, cells } of rows)
        for (const stream of streams) {
          const wanted = oracleCell(stream, time, period);
          equal(cells[stream.name]?.presence, wanted.presence);
          alike(valuesOf(cells[stream.name]), wanted.values);
        }
    }),
  ),
  property(
    "P9",
    "deleting a stretch of one stream changes its own column only, and only nearby",
    fc.property(
      anyScenario({ disorder: false, chunks: false }),
      fc.nat(25),
      fc.nat(25),
      fc.constantFrom(millis(101), millis(150), millis(400)),
      (scenario, i, j, skew) => {
        const [victim] = scenario.streams;
        if (victim === undefined) return;
        const [from, to] = [Math.min(i, j), Math.max(i, j)];
        const hole = victim.frames.slice(from, to + 1).map(({ time }) => time);
        const robbed = { ...victim, records: without(victim.records, new Set(hole)) };
        const options = optionsOf(scenario, skew);
        const whole = rowsOf(options, arrivalLog(scenario));
        const holed = rowsOf(options, arrivalLog(scenario, [robbed, ...scenario.streams.slice(1)]));
        const common = Math.min(whole.length, holed.length);
        for (const { name } of scenario.streams.slice(1))
          deepEqual(
            [...column(holed, name)].slice(0, common),
            [...column(whole, name)].slice(0, common),
          );
        const [first, last] = [hole[0] ?? 0, hole.at(-1) ?? 0];
        const isFar = ([time]: [number, string]): boolean =>
          time < first - REACH || time > last + REACH;
        deepEqual(
          [...column(holed, victim.name)].slice(0, common).filter(isFar),
          [...column(whole, victim.name)].slice(0, common).filter(isFar),
        );
      },
    ),
  ),
  property(
    "P11",
    "shifting all times shifts the rows and nothing else",
    fc.property(
      anyScenario(),
      anyPicks,
      fc.integer({ min: 0, max: 4e15 }),
      (scenario, seed, by) => {
        const log = mixedLog(scenario, seed);
        const options = optionsOf(scenario, millis(150));
        const shifted = rowsOf(
          options,
          log.map((record) => later(record, by)),
        );
        const moved = rowsOf(options, log).map((row) => laterRow(row, by));
        deepEqual(render(shifted), render(moved));
      },
    ),
  ),
  property(
    "P15",
    "linear is exact where the data are on a line, and nearest within 0 is exact",
    fc.property(
      anyScenario({ maxStreams: 2 }),
      anyPicks,
      fc.double({ min: -1e3, max: 1e3, noNaN: true }),
      (scenario, seed, slope) => {
        const line = (time: number): number => slope * (time - 1_000_000) + 3;
        const streams = scenario.streams.map((stream) => ({
          ...stream,
          records: stream.records.map((record) => affine(record, line)),
        }));
        const log = mixedLog({ ...scenario, streams }, seed);
        const using = (policy: Policy): ReturnType<typeof rowsOf> => {
          const columns = Object.fromEntries(streams.map(({ name }) => [name, policy]));
          return rowsOf({ columns, skew: FOREVER }, log);
        };
        for (const { time, cells } of using(linear({ maxSpan: millis(200) })))
          for (const cell of Object.values(cells))
            for (const value of valuesOf(cell))
              ok(Math.abs(value - line(time)) <= 1e-9 * Math.abs(line(time)) + 1e-6);
        const near = using(nearest({ tolerance: micros(0) }));
        deepEqual(render(near), render(using(exact())));
      },
    ),
  ),
  property(
    "P16",
    "a new configuration splits the rows exactly at its origin",
    fc.property(
      anyScenario(),
      anyPicks,
      fc.integer({ min: 0, max: 600 }),
      fc.constantFrom(15_000, 40_000),
      fc.nat(3),
      (scenario, seed, after, period, keep) => {
        const barrier = scenario.origin + after * 1_000;
        const options = optionsOf(scenario, FOREVER);
        const one = configRecord(scenario, 1);
        const streams = scenario.streams.slice(0, 1 + (keep % scenario.streams.length));
        const two = configRecord({ origin: barrier, period, streams }, 2);
        const data = mixedLog(scenario, seed).slice(1);
        const rows = rowsOf(options, [one, two, ...data]);
        const old = rowsOf(options, [one, ...data]).filter(({ time }) => time < barrier);
        const young = rowsOf(options, [two, ...data]);
        // A stream that is no longer named may have brought the rows further than the others do.
        const split = render([...old, ...young]);
        deepEqual(render(rows).slice(0, split.length), split);
      },
    ),
  ),
  property(
    "P18",
    "one stream with any wrong clock changes no other column",
    fc.property(
      anyScenario({ disorder: false, chunks: false }),
      fc.oneof(fc.integer({ min: -4e9, max: 4e9 }), fc.integer({ min: -2e6, max: 2e6 })),
      (scenario, offset) => {
        const [liar, ...others] = scenario.streams;
        if (liar === undefined) return;
        const records = liar.records.map((record) => misdated(record, offset));
        const options = optionsOf(scenario, millis(101));
        const right = rowsOf(options, arrivalLog(scenario));
        const wrong = rowsOf(options, arrivalLog(scenario, [{ ...liar, records }, ...others]));
        const common = Math.min(right.length, wrong.length);
        for (const { name } of others)
          deepEqual(
            [...column(wrong, name)].slice(0, common),
            [...column(right, name)].slice(0, common),
          );
      },
    ),
  ),
];

/** Values as the definition gives them, but for rounding. */
export function alike(values: readonly number[], wanted: readonly number[]): void {
  equal(values.length, wanted.length);
  values.forEach((value, i) => {
    ok(Math.abs(value - (wanted[i] ?? Number.NaN)) < 5e-7, `${value}, not ${wanted[i]}`);
  });
}
