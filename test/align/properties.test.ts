import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Aligner } from "../../src/align/Aligner.ts";
import { exact, linear, nearest } from "../../src/align/Policy.ts";
import { UNUSED_REASONS, type UnusedFrame } from "../../src/align/UnusedFrame.ts";
import { borrowNumbers } from "../../src/frames/DType.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { micros, millis } from "../../src/units.ts";
import { anyChaos, anyChaosOptions } from "./chaos.ts";
import { oracleCell, oracleInstants } from "./oracle.ts";
import {
  anyPicks,
  anyScenario,
  byArrival,
  column,
  configRecord,
  dataRecord,
  describeStream,
  FOREVER,
  merged,
  optionsOf,
  picks,
  render,
  rowsOf,
  type Scenario,
  type ScenarioStream,
  singly,
} from "./scenario.ts";

/** `ALIGN_RUNS=20000 npx vitest run test/align` for a longer run; `ALIGN_SEED` repeats one. */
const numRuns = Number(process.env["ALIGN_RUNS"] ?? 150);
const { ALIGN_SEED } = process.env;
const runs = { numRuns, ...(ALIGN_SEED === undefined ? {} : { seed: Number(ALIGN_SEED) }) };
const timeout = 20_000 + numRuns * 100;

function logOf(scenario: Scenario, seed: number): LogRecord[] {
  const queues = scenario.streams.map(({ records }) => records);
  return [configRecord(scenario), ...merged(queues, seed)];
}

function arrivals(scenario: Scenario, streams = scenario.streams): LogRecord[] {
  return [configRecord(scenario), ...byArrival(streams.map(({ records }) => records))];
}

describe("as long as nothing is late", () => {
  it("P1: the order of arrival between streams does not change a byte", { timeout }, () => {
    fc.assert(
      fc.property(anyScenario(), anyPicks, anyPicks, (scenario, one, other) => {
        const options = optionsOf(scenario, FOREVER);
        const rows = render(rowsOf(options, logOf(scenario, one)));
        expect(render(rowsOf(options, logOf(scenario, other)))).toEqual(rows);
      }),
      runs,
    );
  });

  it("P3: the rows are those of the brute-force offline join", { timeout }, () => {
    fc.assert(
      fc.property(anyScenario(), anyPicks, (scenario, seed) => {
        const rows = rowsOf(optionsOf(scenario, FOREVER), logOf(scenario, seed));
        const { origin, period, streams } = scenario;
        const promises = streams.flatMap(({ policy, promises }) =>
          promises.map((until) => ({ until, policy })),
        );
        const instants = oracleInstants(origin, period, streams, promises);
        expect(rows.map(({ time }) => time)).toEqual(instants);
        for (const { time, cells } of rows)
          for (const stream of streams) {
            const cell = cells[stream.name];
            const wanted = oracleCell(stream, time, period);
            expect(cell?.presence).toBe(wanted.presence);
            if (cell === undefined || cell.presence === "missing") continue;
            const values = [...borrowNumbers(cell.payload, "f64")];
            expect(values).toHaveLength(wanted.values.length);
            values.forEach((value, i) => {
              expect(value).toBeCloseTo(wanted.values[i] ?? Number.NaN, 6);
            });
          }
      }),
      runs,
    );
  });

  it("P1, P3: with a primary the rows stand at its frames, and are the offline join there", {
    timeout,
  }, () => {
    fc.assert(
      fc.property(anyScenario(), anyPicks, anyPicks, (scenario, one, other) => {
        const { origin, period, streams } = scenario;
        const options = { ...optionsOf(scenario, FOREVER), roles: { a: "primary" as const } };
        const rows = rowsOf(options, logOf(scenario, one));
        expect(render(rowsOf(options, logOf(scenario, other)))).toEqual(render(rows));
        const instants = streams[0]?.frames.map(({ time }) => time) ?? [];
        expect(rows.map(({ time }) => time)).toEqual(instants.filter((time) => time >= origin));
        for (const { time, cells } of rows)
          for (const stream of streams)
            expect(cells[stream.name]?.presence).toBe(oracleCell(stream, time, period).presence);
      }),
      runs,
    );
  });

  it("P9: deleting a stretch of one stream changes its own column only, and only nearby", {
    timeout,
  }, () => {
    fc.assert(
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
          const whole = rowsOf(options, arrivals(scenario));
          const holed = rowsOf(options, arrivals(scenario, [robbed, ...scenario.streams.slice(1)]));
          const common = Math.min(whole.length, holed.length);
          for (const { name } of scenario.streams.slice(1))
            expect([...column(holed, name)].slice(0, common)).toEqual(
              [...column(whole, name)].slice(0, common),
            );
          const [first, last] = [hole[0] ?? 0, hole.at(-1) ?? 0];
          const reach = 160_000;
          const near = ([time]: [number, string]): boolean =>
            time < first - reach || time > last + reach;
          expect([...column(holed, victim.name)].slice(0, common).filter(near)).toEqual(
            [...column(whole, victim.name)].slice(0, common).filter(near),
          );
        },
      ),
      runs,
    );
  });

  it("P15: linear is exact where the data are, and nearest within 0 is exact", { timeout }, () => {
    fc.assert(
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
          const log = logOf({ ...scenario, streams }, seed);
          const using = (policy: ReturnType<typeof exact>): ReturnType<typeof rowsOf> => {
            const columns = Object.fromEntries(streams.map(({ name }) => [name, policy]));
            return rowsOf({ columns, skew: FOREVER }, log);
          };
          for (const { time, cells } of using(linear({ maxSpan: millis(200) })))
            for (const cell of Object.values(cells)) {
              if (cell.presence === "missing") continue;
              const [value = Number.NaN] = borrowNumbers(cell.payload, "f64");
              expect(Math.abs(value - line(time))).toBeLessThanOrEqual(
                1e-9 * Math.abs(line(time)) + 1e-6,
              );
            }
          const near = using(nearest({ tolerance: micros(0) }));
          expect(render(near)).toEqual(render(using(exact())));
        },
      ),
      runs,
    );
  });

  it("P11: shifting all times shifts the rows and nothing else", { timeout }, () => {
    fc.assert(
      fc.property(
        anyScenario(),
        anyPicks,
        fc.integer({ min: 0, max: 4e15 }),
        (scenario, seed, by) => {
          const log = logOf(scenario, seed);
          const rows = rowsOf(optionsOf(scenario, millis(150)), log);
          const shifted = rowsOf(
            optionsOf(scenario, millis(150)),
            log.map((record) => later(record, by)),
          );
          const moved = rows.map((row) => {
            const time = micros(row.time + by);
            const cells = Object.fromEntries(
              Object.entries(row.cells).map(([name, cell]) =>
                cell.presence === "missing"
                  ? [name, cell]
                  : [
                      name,
                      {
                        ...cell,
                        originTime: micros(cell.originTime + by),
                        arrivalTime: micros(cell.arrivalTime + by),
                      },
                    ],
              ),
            );
            return { ...row, id: `${row.site}:${time}:${row.config}`, time, cells };
          });
          expect(render(shifted)).toEqual(render(moved));
        },
      ),
      runs,
    );
  });

  it("P16: a new configuration splits the rows exactly at its origin", { timeout }, () => {
    fc.assert(
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
          const two = { ...configRecord({ origin: barrier, period, streams }, 2) };
          const data = logOf(scenario, seed).slice(1);
          const rows = rowsOf(options, [one, two, ...data]);
          const old = rowsOf(options, [one, ...data]).filter(({ time }) => time < barrier);
          const young = rowsOf(options, [two, ...data]);
          // A stream that is no longer named may have brought the rows further than the others do.
          const split = [...old, ...young];
          expect(render(rows).slice(0, split.length)).toEqual(render(split));
        },
      ),
      runs,
    );
  });

  it("P18: one stream with any wrong clock changes no other column", { timeout }, () => {
    fc.assert(
      fc.property(
        anyScenario({ disorder: false, chunks: false }),
        fc.oneof(fc.integer({ min: -4e9, max: 4e9 }), fc.integer({ min: -2e6, max: 2e6 })),
        (scenario, offset) => {
          const [liar, ...others] = scenario.streams;
          if (liar === undefined) return;
          const lying = {
            ...liar,
            records: liar.records.map((record) => misdated(record, offset)),
          };
          const options = optionsOf(scenario, millis(101));
          const right = rowsOf(options, arrivals(scenario));
          const wrong = rowsOf(options, arrivals(scenario, [lying, ...others]));
          const common = Math.min(right.length, wrong.length);
          for (const { name } of others)
            expect([...column(wrong, name)].slice(0, common)).toEqual(
              [...column(right, name)].slice(0, common),
            );
        },
      ),
      runs,
    );
  });
});

describe("whatever comes in", () => {
  it("P2: any chunking of the same frames gives the same rows", { timeout }, () => {
    fc.assert(
      fc.property(anyChaos, anyChaosOptions, (log, options) => {
        const rows = rowsOf(options, log);
        expect(render(rowsOf(options, log.flatMap(singly)))).toEqual(render(rows));
      }),
      runs,
    );
  });

  it("P3: every row is the offline join of all frames that were ever accepted", { timeout }, () => {
    fc.assert(
      fc.property(anyChaos, anyChaosOptions, (chaos, options) => {
        const log = chaos.filter(({ kind }, i) => i === 0 || kind !== "CONFIG");
        const accepted = log.flatMap(singly).filter(({ kind }) => kind === "DATA");
        const unused = (frame: UnusedFrame): void => {
          if (frame.reason === "aged") return;
          const index = accepted.findIndex((record) => isOf(record, frame));
          // A torn chunk of several frames is refused whole, once for each.
          if (index >= 0) accepted.splice(index, 1);
        };
        const rows = rowsOf({ ...options, capacity: 8_192, onUnused: unused }, log.flatMap(singly));
        if (options.roles?.["a"] === "primary") {
          const end = rows.at(-1)?.time ?? 0;
          const instants = accepted
            .flatMap((record) => framesOfStream(record, "a"))
            .map(({ time }) => time)
            .filter((time) => time >= 1_000_000 && time <= end);
          expect(rows.map(({ time }) => time)).toEqual(instants.sort((a, b) => a - b));
        }
        for (const { time, cells } of rows)
          for (const [name, cell] of Object.entries(cells)) {
            const frames = accepted.flatMap((record) => framesOfStream(record, name));
            const policy = options.columns[name] ?? exact();
            const wanted = oracleCell({ policy, frames }, time, 40_000);
            expect(cell.presence).toBe(wanted.presence);
            if (cell.presence === "missing") continue;
            const values = [...borrowNumbers(cell.payload, "f64")];
            values.forEach((value, i) => {
              expect(value).toBeCloseTo(wanted.values[i] ?? Number.NaN, 6);
            });
          }
      }),
      runs,
    );
  });

  it("P4, P10: rows come out once each, in order, and the next one never moves back", {
    timeout,
  }, () => {
    fc.assert(
      fc.property(anyChaos, anyChaosOptions, (log, options) => {
        const aligner = new Aligner(options);
        let last = Number.NEGATIVE_INFINITY;
        for (const record of log) {
          for (const { time, id, site, config } of aligner.push(record)) {
            expect(time).toBeGreaterThan(last);
            expect(id).toBe(`${site}:${time}:${config}`);
            last = time;
          }
          expect(aligner.blocking()?.time).toBeGreaterThan(last);
        }
      }),
      runs,
    );
  });

  it("P5, P6: every frame is used, held, or counted and handed out under one reason", {
    timeout,
  }, () => {
    fc.assert(
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
            expect(unknown).toBe(count);
            continue;
          }
          expect(counters.received + unknown).toBe(count);
          for (const reason of UNUSED_REASONS)
            if (reason !== "unknown-stream")
              expect(of.filter((frame) => frame.reason === reason)).toHaveLength(counters[reason]);
          expect(counters.used + counters.buffered + of.length - unknown).toBe(counters.received);
        }
        expect(unknownStream).toBe(toNobody);
      }),
      runs,
    );
  });

  it("P8: buffers stay within their bound", { timeout }, () => {
    fc.assert(
      fc.property(anyChaos, anyChaosOptions, (log, options) => {
        const aligner = new Aligner({ ...options, capacity: 3 });
        for (const record of log) {
          aligner.push(record);
          // A stream that two configurations describe differently has two columns.
          for (const { held } of Object.values(aligner.counters().streams))
            expect(held).toBeLessThanOrEqual(3);
        }
      }),
      runs,
    );
  });

  it("P13: an aligner restored at any record goes on as if it had never stopped", {
    timeout,
  }, () => {
    fc.assert(
      fc.property(anyChaos, anyChaosOptions, fc.nat(), (log, options, at) => {
        const cut = at % (log.length + 1);
        const whole = new Aligner(options);
        const first = new Aligner(options);
        for (const record of log.slice(0, cut)) {
          whole.push(record);
          first.push(record);
        }
        const second = Aligner.restore(options, structuredClone(first.snapshot()));
        expect(second.counters()).toEqual(whole.counters());
        expect(second.snapshot()).toEqual(first.snapshot());
        for (const record of log.slice(cut))
          expect(render(second.push(record))).toEqual(render(whole.push(record)));
        expect(second.counters()).toEqual(whole.counters());
        expect(second.blocking()).toEqual(whole.blocking());
      }),
      runs,
    );
  });

  it("P14: what comes twice counts once", { timeout }, () => {
    fc.assert(
      fc.property(anyChaos, anyChaosOptions, anyPicks, (log, options, seed) => {
        const next = picks(seed);
        const unique = log.map(keepsStreams).map(renumbered());
        const twice = unique.flatMap((record, i) => {
          if (next() % 2 === 0) return [record];
          const again = unique[i - (next() % (i + 1))] ?? record;
          const isOurs = again.kind !== "DATA" && again.kind !== "HEARTBEAT";
          return isOurs ? [record] : [record, redelivered(again, record.logTime)];
        });
        expect(render(rowsOf(options, twice))).toEqual(render(rowsOf(options, unique)));
      }),
      runs,
    );
  });

  it("P17: nonsense in a record is counted, never thrown", { timeout }, () => {
    const nonsense = fc.oneof(
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 2 ** 60, -(2 ** 60)),
      fc.integer(),
      fc.double(),
    );
    fc.assert(
      fc.property(
        anyChaos,
        anyChaosOptions,
        fc.array(nonsense, { minLength: 20, maxLength: 20 }),
        anyPicks,
        (log, options, values, seed) => {
          const next = picks(seed);
          const value = (): number => values[next() % values.length] ?? 0;
          const garbled = log.map((record): LogRecord => {
            if (next() > 2 || record.kind === "CONFIG") return record;
            if (record.kind === "HEARTBEAT") return { ...record, until: value() as never };
            if (record.kind !== "DATA") return record;
            const fields = ["epoch", "firstSequence", "arrivalTime"] as const;
            const field = fields[next() % 4] ?? "originTimes";
            const garbage = field === "originTimes" ? [value()] : value();
            return { ...record, chunk: { ...record.chunk, [field]: garbage } as never };
          });
          const aligner = new Aligner(options);
          for (const record of garbled)
            for (const { time } of aligner.push(record))
              expect(Number.isSafeInteger(time)).toBe(true);
        },
      ),
      runs,
    );
  });
});

describe("as long as one stream lives", () => {
  it("P7: a row waits no longer than skew bound, lag and gap of the living one", {
    timeout,
  }, () => {
    fc.assert(
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
          for (const record of arrivals(all, streams)) {
            aligner.push(record);
            if (record.logTime < scenario.origin || record.logTime > 2_300_000) continue;
            expect(aligner.blocking()?.time).toBeGreaterThanOrEqual(record.logTime - bound);
          }
        },
      ),
      runs,
    );
  });
});

/** Whether a record of one frame carried this one: what `singly` made keeps the payload's place. */
function isOf(record: LogRecord, frame: UnusedFrame): boolean {
  if (record.kind !== "DATA") return false;
  const { payload } = record.chunk;
  return (
    payload.buffer === frame.payload.buffer &&
    payload.byteOffset === frame.payload.byteOffset &&
    payload.byteLength === frame.payload.byteLength
  );
}

function framesOfStream(record: LogRecord, name: string): { time: number; value: number }[] {
  if (record.kind !== "DATA" || record.chunk.stream !== name) return [];
  const [value = Number.NaN] = borrowNumbers(record.chunk.payload, "f64");
  return [{ time: record.chunk.originTimes[0] ?? Number.NaN, value }];
}

function liveStream(records: readonly LogRecord[]): ScenarioStream {
  const description = describeStream("alive", 0);
  return { name: "alive", policy: exact(), description, frames: [], records, promises: [] };
}

/** The records less the frames at these times. */
function without(records: readonly LogRecord[], times: ReadonlySet<number>): LogRecord[] {
  return records.flatMap(singly).filter((record) => {
    if (record.kind === "DATA") return !times.has(record.chunk.originTimes[0] ?? 0);
    return true;
  });
}

/** The record with values on a line. */
function affine(record: LogRecord, line: (time: number) => number): LogRecord {
  if (record.kind !== "DATA") return record;
  const payload = new Uint8Array(Float64Array.from(record.chunk.originTimes, line).buffer);
  return { ...record, chunk: { ...record.chunk, payload } };
}

/** The record as it would be, had everything happened later. */
function later(record: LogRecord, by: number): LogRecord {
  const moved = { ...record, logTime: micros(record.logTime + by) };
  if (moved.kind === "HEARTBEAT") return { ...moved, until: micros(moved.until + by) };
  if (moved.kind === "CONFIG") return { ...moved, origin: micros(moved.origin + by) };
  if (moved.kind !== "DATA") return moved;
  const { originTimes, arrivalTime } = moved.chunk;
  const chunk = {
    ...moved.chunk,
    originTimes: originTimes.map((time) => micros(time + by)),
    arrivalTime: micros(arrivalTime + by),
  };
  return { ...moved, chunk };
}

/** The record as a publisher with a wrong clock would have sent it, at the same moment. */
function misdated(record: LogRecord, offset: number): LogRecord {
  if (record.kind === "HEARTBEAT") return { ...record, until: micros(record.until + offset) };
  if (record.kind !== "DATA") return record;
  const originTimes = record.chunk.originTimes.map((time) => micros(time + offset));
  return { ...record, chunk: { ...record.chunk, originTimes } };
}

/** The same configuration with all streams: one that comes back has forgotten what it had seen. */
function keepsStreams(record: LogRecord): LogRecord {
  if (record.kind !== "CONFIG") return record;
  return { ...record, streams: ["a", "b", "c", "d"].map((name) => describeStream(name, 0)) };
}

/** Gives every frame a sequence of its own, so that only what is sent again is a repetition. */
function renumbered(): (record: LogRecord) => LogRecord {
  let next = 0;
  return (record) => {
    if (record.kind !== "DATA") return record;
    const firstSequence = next;
    next += record.chunk.originTimes.length;
    return { ...record, chunk: { ...record.chunk, firstSequence } };
  };
}

/** The same message, come in again later. */
function redelivered(record: LogRecord, now: number): LogRecord {
  const logTime = micros(now);
  if (record.kind !== "DATA") return record;
  return { ...record, logTime, chunk: { ...record.chunk, arrivalTime: logTime } };
}
