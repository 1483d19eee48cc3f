import { describe, expect, it } from "vitest";

import { IdleWatch } from "../../src/align/IdleWatch.ts";
import { ConfigError } from "../../src/errors.ts";
import { micros, millis } from "../../src/units.ts";
import { describeStream } from "./scenario.ts";

/** Two streams with an idle timeout of 200 ms, polled every 10 ms from 0 on. */
function watching(names: readonly string[] = ["a", "b"]): IdleWatch {
  return new IdleWatch({ streams: names.map((name) => describeStream(name, 0)), since: micros(0) });
}

/** Polls every 10 ms over (from, to]; `hears` says who is heard when. Gives who went idle when, in ms. */
function run(
  watch: IdleWatch,
  from: number,
  to: number,
  hears: (now: number) => readonly string[],
): [name: string, at: number][] {
  const idle: [string, number][] = [];
  for (let now = from + 10; now <= to; now += 10) {
    for (const name of hears(now)) watch.heard(name, millis(now));
    for (const record of watch.poll(millis(now)))
      if (record.kind === "IDLE") idle.push([record.stream, now]);
  }
  return idle;
}

describe("a stream", () => {
  it("is idle once it has said nothing for its timeout, counted from its last frame, and once only", () => {
    const watch = watching();
    const idle = run(watch, 0, 1_000, (now) => (now <= 250 ? ["a", "b"] : ["a"]));
    expect(idle).toEqual([["b", 450]]);
  });

  it("that was never heard is idle its timeout after the start", () => {
    expect(run(watching(), 0, 500, () => ["a"])).toEqual([["b", 200]]);
  });

  it("is active again from its next frame on", () => {
    const watch = watching();
    run(watch, 0, 300, () => ["a"]);
    const record = { kind: "ACTIVE", logTime: 310_000, stream: "b" };
    expect(watch.heard("b", millis(310))).toEqual([record]);
    expect(watch.heard("b", millis(311))).toEqual([]);
    expect(run(watch, 310, 1_000, () => ["a"])).toEqual([["b", 520]]);
  });

  it("that joins is watched from then on; the others' silence counts as it did", () => {
    const watch = watching(["a", "b"]);
    run(watch, 0, 100, () => ["a"]);
    watch.follow(["a", "b", "c"].map((name) => describeStream(name, 0)));
    expect(run(watch, 100, 500, () => ["a"])).toEqual([
      ["b", 200],
      ["c", 300],
    ]);
    watch.follow([describeStream("a", 0)]);
    expect(watch.heard("b", millis(510))).toEqual([]);
  });

  it("that is not watched is ignored", () => {
    expect(watching().heard("x", millis(10))).toEqual([]);
    expect(watching().silence("x")).toBe(0);
  });
});

describe("a pause of ours", () => {
  it("makes nobody idle: what came in meanwhile is still in the sockets", () => {
    const watch = watching();
    run(watch, 0, 100, () => ["a", "b"]);
    // Five seconds without a poll, as in a long garbage collection or a suspended laptop.
    expect(watch.poll(millis(5_100))).toEqual([]);
    expect(watch.silence("b")).toBe(millis(50));
    expect(run(watch, 5_100, 5_400, () => ["a"])).toEqual([["b", 5_250]]);
  });
});

describe("everyone", () => {
  it("is never idle at once: the one heard last stays", () => {
    const watch = watching(["a", "b", "c"]);
    const idle = run(watch, 0, 2_000, (now) => {
      if (now > 300) return [];
      return now > 100 ? ["b"] : ["a", "b", "c"];
    });
    expect(idle).toEqual([
      ["a", 300],
      ["c", 300],
    ]);
    expect(watch.silence("b")).toBe(millis(1_700));
    // As soon as another one speaks, it is b's turn.
    watch.heard("a", millis(2_005));
    expect(watch.poll(millis(2_010))).toEqual([
      { kind: "IDLE", logTime: millis(2_010), stream: "b" },
    ]);
  });

  it("may be idle when a stream has ended: its last rows shall not wait", () => {
    const watch = watching();
    run(watch, 0, 100, () => ["a", "b"]);
    watch.ended("a");
    expect(run(watch, 100, 500, () => [])).toEqual([["b", 300]]);
  });
});

it("an hour of jittered streams raises no false alarm", () => {
  const watch = watching(["a", "b"]);
  let state = 1;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  // 30 Hz with a jitter of up to four periods, against a timeout of six.
  let next = 0;
  let idle = 0;
  for (let now = 10; now < 3_600_000; now += 10) {
    watch.heard("a", millis(now));
    if (now >= next) {
      watch.heard("b", millis(now));
      next = now + 33 + random() * 133;
    }
    idle += watch.poll(millis(now)).length;
  }
  expect(idle).toBe(0);
});

it("refuses a step that cannot be", () => {
  expect(() => new IdleWatch({ streams: [], since: micros(0), maxStep: micros(0) })).toThrow(
    ConfigError,
  );
});
