import { Subject } from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { describe, expect, it } from "vitest";

import { align } from "../../src/align/align.ts";
import { exact } from "../../src/align/Policy.ts";
import { ConfigError } from "../../src/errors.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { millis } from "../../src/units.ts";
import { config, frame, line } from "./chart.ts";

const options = { columns: { a: exact(), b: exact() }, skew: millis(500) };

function marbles(): TestScheduler {
  return new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
}

describe("align", () => {
  const records = {
    c: config(["a", "b"]),
    a: frame("a", 0),
    b: frame("b", 0),
    d: frame("a", 40),
    e: frame("b", 40),
  };
  const rows = rowsOf(Object.values(records));

  it("gives a row as soon as its last stream is known, and completes with the log", () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const log = cold("   c-a-b--d-(e|)", records);
      const subs = "       ^--------!";
      const expected = "   ----0----(1|)";
      expectObservable(log.pipe(align(options))).toBe(expected, rows);
      expectSubscriptions(log.subscriptions).toBe(subs);
    });
  });

  it("forces no row out at the end, and passes an error on", () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold("c-a-b--d-|", records).pipe(align(options))).toBe("----0----|", rows);
      expectObservable(cold("c-a-b--d-#", records).pipe(align(options))).toBe("----0----#", rows);
    });
  });

  it("lets go of the log when it is no longer wanted, and keeps a state per subscription", () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const log = cold("  c-a-b--d-e--", records);
      const aligned = log.pipe(align(options));
      expectObservable(aligned, "^----!").toBe("----0-", rows);
      expectObservable(aligned, "---^---------!").toBe("-------0----1", rows);
      expectSubscriptions(log.subscriptions).toBe(["^----!", "---^---------!"]);
    });
  });

  it("keeps the order when a row makes its receiver append to the log", () => {
    const log = new Subject<LogRecord>();
    const seen: string[] = [];
    log.pipe(align(options)).subscribe((row) => {
      if (row.index === 0) log.next(frame("b", 80));
      seen.push(line(row));
    });
    // One record settles two rows; the one appended while the first is handled settles the third.
    for (const record of [config(["a", "b"]), frame("a", 80)]) log.next(record);
    for (const at of [0, 40, 41]) log.next(frame("b", at));
    expect(seen).toEqual(["0: a-never-seen b=0", "40: a-never-seen b-gap", "80: a=80 b=80"]);
  });

  it("refuses options when it is called, and a configuration that contradicts them as an error", () => {
    expect(() => align({ ...options, skew: millis(-1) })).toThrow(ConfigError);
    const log = new Subject<LogRecord>();
    const errors: unknown[] = [];
    log.pipe(align(options)).subscribe({ error: (error: unknown) => errors.push(error) });
    log.next(config(["a", "x"]));
    expect(errors).toEqual([expect.any(ConfigError)]);
  });
});

function rowsOf(log: readonly LogRecord[]): Record<string, unknown> {
  const rows: Record<string, unknown> = {};
  const source = new Subject<LogRecord>();
  source.pipe(align(options)).subscribe((row) => {
    rows[String(row.index)] = row;
  });
  for (const record of log) source.next(record);
  return rows;
}
