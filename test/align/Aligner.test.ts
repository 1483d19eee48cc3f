import { describe, expect, it } from "vitest";

import { Aligner } from "../../src/align/Aligner.ts";
import { exact, last, linear, window } from "../../src/align/Policy.ts";
import type { UnusedFrame } from "../../src/align/UnusedFrame.ts";
import { ConfigError } from "../../src/errors.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { micros, millis } from "../../src/units.ts";
import { config, frame, heartbeat, line, notice, outcomes, started } from "./chart.ts";

const held = last({ maxAge: millis(100) });

describe("a silent stream", () => {
  // a   o o o o o o o o      every 20 ms
  // b   o                    nothing after 0
  it("delays rows by the skew bound only, then they go out without it", () => {
    const aligner = started({ a: exact(), b: exact() }, { skew: millis(100) });
    const frames = [frame("b", 0), ...[0, 40, 80, 120, 140, 160, 180].map((at) => frame("a", at))];
    expect(outcomes(aligner, frames)).toEqual([
      "",
      "0: a=0 b=0",
      "",
      "",
      "",
      "40: a=40 b-skew",
      "",
      "80: a=80 b-skew",
    ]);
  });

  it("delays nothing once it is declared idle", () => {
    const aligner = started({ a: exact(), b: held });
    const records = [frame("b", 0), frame("a", 0), frame("a", 40), notice("IDLE", "b")];
    expect(outcomes(aligner, [...records, frame("a", 80)])).toEqual([
      "",
      "0: a=0 b=0",
      "",
      "40: a=40 b~0",
      "80: a=80 b~0",
    ]);
    expect(outcomes(aligner, [frame("a", 120)])).toEqual(["120: a=120 b-idle"]);
  });

  it("is waited for again from its first frame on; frames of settled rows are late", () => {
    const unused: UnusedFrame[] = [];
    const onUnused = (frame: UnusedFrame): void => void unused.push(frame);
    const aligner = started({ a: exact(), b: exact() }, { onUnused });
    outcomes(aligner, [notice("IDLE", "b"), frame("a", 0), frame("a", 40)]);
    // What was stuck in a cable comes in with what is new.
    const rejoin = [frame("b", 20), frame("b", 40), frame("a", 80), frame("b", 80)];
    expect(outcomes(aligner, rejoin)).toEqual(["", "", "", "80: a=80 b=80"]);
    expect(unused.map(({ stream, sequence, reason }) => [stream, sequence, reason])).toEqual([
      ["b", 100_020, "late"],
      ["b", 100_040, "late"],
    ]);
  });

  it("that everyone is, stops the rows", () => {
    const aligner = started({ a: exact(), b: exact() });
    outcomes(aligner, [frame("a", 0), frame("b", 0)]);
    expect(outcomes(aligner, [notice("IDLE", "a"), notice("IDLE", "b")])).toEqual(["", ""]);
    expect(aligner.blocking()).toMatchObject({ index: 1, due: false, waits: [] });
  });

  it("that has just begun to speak answers only the rows from there on", () => {
    const aligner = started({ a: exact(), b: held }, { skew: millis(80) });
    const early = [frame("a", 0), frame("a", 40), frame("a", 80)];
    expect(outcomes(aligner, early).at(-1)).toBe("0: a=0 b-never-seen");
    expect(outcomes(aligner, [frame("b", 75), frame("b", 90)])).toEqual([
      "40: a=40 b-never-seen",
      "80: a=80 b=75",
    ]);
  });
});

describe("a stream with a wrong clock", () => {
  it.each([
    ["an hour ahead", 3_600_000],
    ["an hour behind", -3_600_000],
  ])("%s delays nothing: it is not waited for as long as its frames are of no use", (_, off) => {
    const aligner = started({ a: exact(), b: exact() }, { skew: millis(200) });
    const wrong = (at: number): LogRecord => frame("b", at + off, { arrival: at, sequence: at });
    const records = [0, 40, 80].flatMap((at) => [frame("a", at), wrong(at)]);
    const rows = outcomes(aligner, records).map((row) => row.replace(/b-.*/, "b missing"));
    // The first of them shows that it is wrong; the later ones are not waited for.
    expect(rows).toEqual([
      "",
      "0: a=0 b missing",
      "40: a=40 b missing",
      "",
      "80: a=80 b missing",
      "",
    ]);
    // Somebody sets its clock right.
    const right = [frame("b", 120), frame("a", 120), frame("a", 160), frame("b", 160)];
    expect(outcomes(aligner, right)).toEqual(["", "120: a=120 b=120", "", "160: a=160 b=160"]);
  });
});

describe("a stranger under a stream's name", () => {
  it.each([
    ["an hour ahead", 3_600_000],
    ["an hour behind", -3_600_000],
  ])("%s does not make the others go on without the stream", (_, off) => {
    const aligner = started({ a: exact(), b: exact() }, { skew: millis(200) });
    const stranger = (at: number): LogRecord =>
      frame("b", at + off, { arrival: at, sequence: at, epoch: 99 });
    const records = [0, 40, 80].flatMap((at) => [stranger(at), frame("a", at), frame("b", at)]);
    expect(outcomes(aligner, [frame("b", -40), ...records])).toEqual([
      "",
      "",
      "",
      "0: a=0 b=0",
      "",
      "",
      "40: a=40 b=40",
      "",
      "",
      "80: a=80 b=80",
    ]);
  });
});

describe("the end of a stream", () => {
  it("lets the rows up to the furthest stream's end out", () => {
    const aligner = started({ a: exact(), b: held });
    const records = [frame("b", 0), frame("a", 0), frame("a", 130), notice("CLOSED", "b")];
    expect(outcomes(aligner, [...records, notice("CLOSED", "a")])).toEqual([
      "",
      "0: a=0 b=0",
      "",
      "40: a-gap b~0; 80: a-gap b~0; 120: a-gap b-idle",
      "",
    ]);
    const end = [heartbeat("a", 161)];
    expect(outcomes(aligner, [...end, notice("CLOSED", "a")])).toEqual(["160: a-gap b-idle", ""]);
  });

  it("takes lateness into account only as long as frames may follow", () => {
    const aligner = started({ a: exact() }, {}, 50);
    const records = [frame("a", 0), frame("a", 40), notice("CLOSED", "a")];
    expect(outcomes(aligner, records)).toEqual(["", "", "0: a=0; 40: a=40"]);
  });

  it("is undone by the word that the stream is active: rows wait for it again", () => {
    const aligner = started({ a: exact(), b: exact() });
    const records = [frame("b", 0), frame("a", 0), notice("CLOSED", "b"), frame("a", 40)];
    expect(outcomes(aligner, records).at(-1)).toBe("40: a=40 b-idle");
    expect(outcomes(aligner, [notice("ACTIVE", "b"), frame("a", 80)])).toEqual(["", ""]);
    expect(outcomes(aligner, [frame("b", 80)])).toEqual(["80: a=80 b=80"]);
  });

  it("is undone by the next boot of its publisher, not by a straggler", () => {
    const aligner = started({ a: exact() });
    outcomes(aligner, [frame("a", 0), notice("CLOSED", "a")]);
    expect(outcomes(aligner, [frame("a", 40)])).toEqual([""]);
    expect(aligner.counters().streams["a"]?.late).toBe(1);
    expect(outcomes(aligner, [frame("a", 41, { epoch: 2 })])).toEqual(["40: a-gap"]);
  });
});

describe("a heartbeat", () => {
  it("promises up to, not including, its time", () => {
    const aligner = started({ a: exact() });
    expect(outcomes(aligner, [heartbeat("a", 40), frame("a", 40)])).toEqual([
      "0: a-never-seen",
      "40: a=40",
    ]);
  });

  it("of an irregular stream lets rows out without any frame", () => {
    const words = window({ from: millis(-40), to: millis(0), count: "any", aggregate: "last" });
    const aligner = started({ a: exact(), w: words });
    const records = [
      frame("a", 0),
      heartbeat("w", 1),
      frame("a", 40),
      frame("w", 30),
      heartbeat("w", 41),
    ];
    expect(outcomes(aligner, records)).toEqual([
      "",
      "0: a=0 w-never-seen",
      "",
      "",
      "40: a=40 w=30",
    ]);
  });

  it("from a clock that runs ahead is refused", () => {
    const aligner = started({ a: exact() });
    expect(outcomes(aligner, [heartbeat("a", 5_000, 0)])).toEqual([""]);
    expect(outcomes(aligner, [frame("a", 0)])).toEqual(["0: a=0"]);
    expect(aligner.counters().refusedHeartbeats).toBe(1);
  });
});

describe("a configuration", () => {
  it("takes the place of those that are yet to come and begin later than it", () => {
    const aligner = started({ a: exact() });
    aligner.push(config(["a"], { version: 2, origin: 200 }));
    aligner.push(config(["a"], { version: 3, origin: 120 }));
    const rows = [0, 40, 80, 120, 160, 200, 240].flatMap((at) => aligner.push(frame("a", at)));
    expect(rows.map((row) => row.config)).toEqual([1, 1, 1, 3, 3, 3, 3]);
  });
});

describe("a heartbeat that says nothing new", () => {
  it("is no sign of life", () => {
    const aligner = started({ a: exact(), b: exact() });
    outcomes(aligner, [heartbeat("b", 1), frame("a", 0), notice("IDLE", "b")]);
    expect(outcomes(aligner, [heartbeat("b", 1, 30), frame("a", 40)])).toEqual([
      "",
      "40: a=40 b-never-seen",
    ]);
    expect(outcomes(aligner, [heartbeat("b", 42), frame("a", 80)])).toEqual(["", ""]);
  });
});

describe("a heartbeat of the future", () => {
  it("is believed as far ahead of our clock as a frame would be, and no further", () => {
    const aligner = started({ a: exact() }, { futureBound: millis(100) });
    outcomes(aligner, [heartbeat("a", 100, 0)]);
    expect(aligner.counters().refusedHeartbeats).toBe(0);
    outcomes(aligner, [heartbeat("a", 101, 0)]);
    expect(aligner.counters().refusedHeartbeats).toBe(1);
  });
});

describe("what is not used", () => {
  it("is told apart: a second frame of one time is no late one, however little may be late", () => {
    const aligner = started({ a: exact() });
    outcomes(aligner, [frame("a", 50), frame("a", 50, { sequence: 1 }), frame("a", 49)]);
    expect(aligner.counters().streams["a"]).toMatchObject({ equal: 1, late: 1 });
  });

  it("is told with its reason", () => {
    const unused: UnusedFrame[] = [];
    const columns = { a: exact(), b: held };
    const onUnused = (frame: UnusedFrame): void => void unused.push(frame);
    const aligner = started(columns, { onUnused, capacity: 2 }, 30);
    const torn = frame("a", 90);
    const records = [
      frame("a", 50),
      frame("a", 50, { sequence: 1 }), // equal
      frame("a", 50), // duplicate
      frame("a", 20), // late: 50 − 30 is passed
      frame("a", 3_600_000, { arrival: 60 }), // future
      frame("x", 60), // unknown-stream
      torn.kind === "DATA"
        ? { ...torn, chunk: { ...torn.chunk, payload: new Uint8Array(7) } }
        : torn, // invalid
      frame("a", 60),
      frame("a", 70), // overflow of 50
    ];
    outcomes(aligner, records);
    expect(unused.map(({ reason }) => reason)).toEqual([
      "equal",
      "duplicate",
      "late",
      "future",
      "unknown-stream",
      "invalid",
      "overflow",
    ]);
    outcomes(aligner, [notice("CLOSED", "a"), notice("CLOSED", "b")]);
    expect(unused.at(-1)?.reason).toBe("aged");
    expect(aligner.counters().unknownStream).toBe(1);
    expect(aligner.counters().streams["a"]).toEqual({
      received: 8,
      used: 0,
      belated: 0,
      buffered: 0,
      held: 0,
      late: 1,
      equal: 1,
      duplicate: 1,
      future: 1,
      aged: 2,
      overflow: 1,
      invalid: 1,
      "unknown-stream": 0,
    });
  });

  it("that was refused does not count as the stream's first", () => {
    const aligner = started({ a: exact(), b: exact() });
    // The refused one and the first good one are neighbours: #1 and #2 of the same boot.
    const records = [
      frame("a", 5_000, { arrival: 0, sequence: 1 }),
      frame("a", 10, { sequence: 2 }),
      frame("b", 40),
      frame("a", 40, { sequence: 3 }),
    ];
    expect(outcomes(aligner, records).join("; ")).toMatch(/0: a-never-seen b-never-seen; 40: a=40/);
    const idle = started({ a: exact() });
    outcomes(idle, [
      frame("a", 5_000, { arrival: 0, sequence: 1 }),
      frame("a", 10, { sequence: 2 }),
    ]);
    expect(outcomes(idle, [frame("a", 90, { sequence: 3 })])).toEqual(["40: a-gap; 80: a-gap"]);
  });

  it("out of order within the lateness bound is used all the same", () => {
    const aligner = started({ a: exact() }, {}, 30);
    const frames = [frame("a", 10), frame("a", 0), frame("a", 30), frame("a", 45), frame("a", 40)];
    expect(outcomes(aligner, [...frames, frame("a", 70)])).toEqual([
      "",
      "",
      "0: a=0",
      "",
      "",
      "40: a=40",
    ]);
  });
});

describe("blocking", () => {
  it("names the streams that the next row waits for, with what each needs and has", () => {
    const aligner = new Aligner({ columns: { a: exact(), b: exact() }, skew: millis(500) });
    expect(aligner.blocking()).toBeUndefined();
    aligner.push(config(["a", "b"]));
    expect(aligner.blocking()).toMatchObject({ time: 1_000_000, due: false, waits: [] });
    outcomes(aligner, [frame("a", 30)]);
    expect(aligner.blocking()).toEqual({
      time: 1_000_000,
      index: 0,
      config: 1,
      due: true,
      waits: [{ stream: "b", need: 1_000_000, has: 1_030_000 - 500_000 }],
    });
  });
});

describe("a primary stream", () => {
  // a     o       o  o            o         rows stand at its frames
  // b  o     o         o     o
  it("says when the rows are", () => {
    const aligner = started({ a: exact(), b: held }, { roles: { a: "primary" } });
    const records = [frame("b", -5), frame("a", 3), frame("b", 10), frame("a", 25), frame("a", 31)];
    expect(outcomes(aligner, [...records, frame("b", 40), frame("a", 70)])).toEqual([
      "",
      "",
      "3: a=3 b=-5",
      "",
      "",
      "25: a=25 b=10; 31: a=31 b=10",
      "",
    ]);
    expect(aligner.blocking()).toMatchObject({ time: 1_070_000, index: 3, due: true });
    expect(aligner.blocking()?.waits.map(({ stream }) => stream)).toEqual(["b"]);
    expect(outcomes(aligner, [notice("CLOSED", "b")])).toEqual(["70: a=70 b=40"]);
  });

  it("that is silent brings no rows, however far the others come", () => {
    const aligner = started({ a: exact(), b: held }, { roles: { a: "primary" }, skew: millis(50) });
    expect(outcomes(aligner, [frame("b", 100), frame("b", 900), frame("b", 910)])).toEqual([
      "",
      "",
      "",
    ]);
    expect(aligner.blocking()).toMatchObject({
      due: false,
      waits: [{ stream: "a", need: micros(1_000_000), has: Number.NEGATIVE_INFINITY }],
    });
  });

  it("is settled up to its last row, even where its policy looks only further back", () => {
    const past = window({ from: millis(-90), to: millis(-20), count: "any", aggregate: "last" });
    const aligner = started({ a: past }, { roles: { a: "primary" } }, 50);
    const records = [frame("a", 60), frame("a", 140), notice("IDLE", "a"), frame("a", 130)];
    expect(outcomes(aligner, records)).toEqual(["", "60: a-never-seen", "140: a=60", ""]);
    expect(aligner.counters().streams["a"]?.late).toBe(1);
  });

  it("must be among the streams", () => {
    const columns = { a: exact(), b: exact() };
    const aligner = new Aligner({ columns, skew: millis(100), roles: { b: "primary" } });
    expect(() => aligner.push(config(["a"]))).toThrow(/primary/);
  });
});

describe("a configuration", () => {
  it("must come first, and must name only streams with a policy that fits", () => {
    const aligner = new Aligner({ columns: { a: exact() }, skew: millis(100) });
    expect(outcomes(aligner, [frame("a", 0)])).toEqual([""]);
    expect(aligner.counters().unknownStream).toBe(1);
    expect(() => aligner.push(config(["a", "b"]))).toThrow(ConfigError);
    const text = config(["a"]);
    const columns = { a: linear({ maxSpan: millis(50) }) };
    if (text.kind !== "CONFIG") return;
    const streams = text.streams.map((stream) => ({ ...stream, dtype: "utf8" as const }));
    const numeric = new Aligner({ columns, skew: millis(100) });
    expect(() => numeric.push({ ...text, streams })).toThrow(/numeric/);
  });

  it("takes over at its origin, and its rows carry its version", () => {
    const aligner = started({ a: exact() });
    aligner.push(config(["a"], { version: 2, origin: 60, period: 30 }));
    const rows = [0, 40, 60, 90].flatMap((at) => [...aligner.push(frame("a", at))]);
    expect(rows.map((row) => `${row.config}.${row.index} ${line(row)}`)).toEqual([
      "1.0 0: a=0",
      "1.1 40: a=40",
      "2.0 60: a=60",
      "2.1 90: a=90",
    ]);
    expect(rows.at(-1)?.id).toBe("lab:1090000:2");
  });

  it("that no longer names a stream turns its frames away", () => {
    const aligner = started({ a: exact(), b: exact() });
    outcomes(aligner, [frame("b", 0), frame("b", 40), frame("b", 80)]);
    aligner.push(config(["a"], { version: 2, origin: 60 }));
    // b counts to the last row of the old configuration, and not beyond.
    expect(outcomes(aligner, [frame("a", 0), frame("b", 100), frame("a", 50)])).toEqual([
      "0: a=0 b=0",
      "",
      "40: a-gap b=40",
    ]);
    expect(outcomes(aligner, [frame("b", 120), frame("a", 60)])).toEqual(["", "60: a=60"]);
    expect(aligner.counters().unknownStream).toBe(1);
    expect(aligner.counters().streams["b"]).toMatchObject({ received: 4, used: 2, aged: 2 });
  });

  it("with an origin that has passed goes on where the rows are", () => {
    const aligner = started({ a: exact() });
    outcomes(aligner, [frame("a", 0), frame("a", 100)]);
    aligner.push(config(["a"], { version: 2, origin: 0, period: 50 }));
    expect(outcomes(aligner, [frame("a", 150)])).toEqual(["150: a=150"]);
  });
});

it("the output gap in a dropout of ten seconds is the skew bound, and less once it is idle", () => {
  const aligner = started({ a: held, b: held, c: held }, { skew: millis(150) });
  const log: LogRecord[] = [];
  for (let at = 0; at < 12_000; at += 10) {
    if (at % 20 === 0) log.push(frame("a", at));
    if (at % 40 === 0) log.push(frame("b", at));
    if (at < 1_000 || at >= 11_000) log.push(frame("c", at));
    if (at === 1_200) log.push(notice("IDLE", "c", at));
  }
  const out: number[] = [];
  for (const record of log) for (const _ of aligner.push(record)) out.push(record.logTime);
  const gaps = out.slice(1).map((time, i) => time - (out[i] ?? 0));
  expect(out).toHaveLength(300);
  // Skew bound, one row, and the 20 ms until the next frame shows how far the others have come.
  expect(Math.max(...gaps)).toBeLessThanOrEqual(210_000);
});
