import { describe, expect, it } from "vitest";

import { Aligner } from "../../src/align/Aligner.ts";
import { exact, last, nearest } from "../../src/align/Policy.ts";
import { ConfigError } from "../../src/errors.ts";
import { micros, millis } from "../../src/units.ts";
import { config, frame, heartbeat, notice, outcomes, started } from "./chart.ts";

const held = last({ maxAge: millis(100) });

describe("a guest", () => {
  it("has a cell from its configuration on until the next, by the policy that its description gives", () => {
    const asked: string[] = [];
    const aligner = new Aligner({
      ...{ columns: { a: exact() }, skew: millis(100) },
      guests: ({ stream }) => {
        asked.push(stream);
        return held;
      },
    });
    const records = [
      config(["a"]),
      frame("a", 0),
      config(["a", "g"], { version: 2 }),
      frame("g", 30),
      frame("a", 40),
      config(["a"], { version: 3 }),
      frame("a", 80),
    ];
    expect(outcomes(aligner, records)).toEqual([
      "",
      "0: a=0",
      "",
      "",
      "40: a=40 g=30",
      "",
      "80: a=80",
    ]);
    expect(new Set(asked)).toEqual(new Set(["g"]));
  });

  it("is waited for by nobody, however long it says nothing", () => {
    const aligner = new Aligner({
      ...{ columns: { a: exact() }, skew: millis(100), guests: () => exact() },
    });
    const records = [config(["a", "g"]), frame("a", 0), frame("a", 40)];
    expect(outcomes(aligner, records)).toEqual([
      "",
      "0: a=0 g-never-seen",
      "40: a=40 g-never-seen",
    ]);
  });

  it("is refused where there is no policy for guests", () => {
    const aligner = new Aligner({ columns: { a: exact() }, skew: millis(100) });
    expect(() => aligner.push(config(["a", "g"]))).toThrow(ConfigError);
  });
});

describe("an optional stream", () => {
  const optional = { roles: { b: "optional" as const } };

  // grid      0         40        80        120
  // a         o         o         o         o
  // b           o                 . o                arrives at 85: too late for 80, not for 120
  it("is not waited for; what comes after a row may still be part of the next", () => {
    const aligner = started({ a: exact(), b: held }, optional);
    const records = [
      frame("a", 0),
      frame("b", 5),
      frame("a", 40),
      frame("a", 80),
      frame("b", 78, { arrival: 85 }),
      frame("a", 120),
    ];
    expect(outcomes(aligner, records)).toEqual([
      "0: a=0 b-never-seen",
      "",
      "40: a=40 b=5",
      "80: a=80 b~5",
      "",
      "120: a=120 b~78",
    ]);
    expect(aligner.counters().streams["b"]).toMatchObject({ used: 2, late: 0 });
  });

  it("is missing for that reason as long as it has shown nothing else", () => {
    const aligner = started({ a: exact(), b: nearest({ tolerance: millis(10) }) }, optional);
    const records = [frame("b", -50), frame("a", 0), frame("b", 60), frame("a", 40)];
    expect(outcomes(aligner, records)).toEqual(["", "0: a=0 b-optional", "", "40: a=40 b-gap"]);
  });

  it("is late only by its own lateness", () => {
    const aligner = started({ a: exact(), b: held }, optional);
    outcomes(aligner, [frame("b", 30), frame("a", 0), frame("a", 40), frame("b", 20)]);
    expect(aligner.counters().streams["b"]).toMatchObject({ late: 1 });
  });

  it("lets time pass like any other: where all others are silent, rows go out after the skew bound", () => {
    const aligner = started({ a: exact(), b: exact() }, { ...optional, skew: millis(60) });
    const records = [frame("b", 0), frame("b", 40), frame("b", 80)];
    expect(outcomes(aligner, records)).toEqual(["", "", "0: a-never-seen b=0"]);
  });

  it("is never said to block", () => {
    const aligner = started({ a: exact(), b: exact(), c: exact() }, optional);
    outcomes(aligner, [frame("a", 0)]);
    expect(aligner.blocking()?.waits.map(({ stream }) => stream)).toEqual(["c"]);
  });
});

describe("a required stream", () => {
  it("is what every stream is unless told otherwise", () => {
    const aligner = started({ a: exact(), b: exact() }, { roles: { a: "required" } });
    expect(outcomes(aligner, [frame("a", 0), frame("b", 0)])).toEqual(["", "0: a=0 b=0"]);
  });
});

describe("a primary stream", () => {
  const driven = { roles: { a: "primary" as const } };

  it("is what a row waits for that has no instant yet", () => {
    const aligner = started({ a: exact(), b: held }, driven);
    outcomes(aligner, [frame("a", 10), frame("b", 30)]);
    const at = (ms: number): number => 1_000_000 + ms * 1_000;
    expect(aligner.blocking()).toMatchObject({
      time: at(10) + 1,
      due: false,
      waits: [{ stream: "a", need: at(10) + 1, has: at(10) }],
    });
    outcomes(aligner, [heartbeat("a", 25)]);
    expect(aligner.blocking()?.waits).toEqual([{ stream: "a", need: at(25), has: at(25) - 1 }]);
  });

  it("is one at most, and has a policy", () => {
    const columns = { a: exact(), b: exact() };
    const options = { columns, skew: millis(100) };
    expect(() => new Aligner({ ...options, roles: { a: "primary", b: "primary" } })).toThrow(
      "expected one primary stream at most",
    );
    expect(() => new Aligner({ ...options, roles: { c: "optional" } })).toThrow(ConfigError);
  });

  it("is not waited for by its own rows longer than its lateness", () => {
    const aligner = started({ a: exact(), b: held }, driven, 20);
    const records = [frame("a", 10), frame("b", 30), frame("a", 30), notice("CLOSED", "b")];
    expect(outcomes(aligner, records)).toEqual(["", "", "10: a=10 b-never-seen", ""]);
    expect(aligner.blocking()?.waits).toEqual([
      { stream: "a", need: micros(1_030_000), has: micros(1_010_000) },
    ]);
  });
});
