import { describe, expect, it } from "vitest";

import type { Cell } from "../../src/frames/Frameset.ts";
import type { Reading } from "../../src/frames/Reading.ts";
import { RobustnessMonitor } from "../../src/robustness/RobustnessMonitor.ts";
import type { WatchedRow } from "../../src/robustness/StreamWatch.ts";
import { micros } from "../../src/units.ts";

const CLASSES = ["sil", "one", "two"];
const logs = (sure: number): Float32Array =>
  Float32Array.from(CLASSES, (_, c) => Math.log(c === sure ? 0.9 : 0.05));

/** A row in which the streams say what they say; all together say what the first one says. */
function row(
  index: number,
  said: Readonly<Record<string, number>>,
  frames: Readonly<Record<string, Uint8Array>> = {},
): WatchedRow {
  const time = micros(index * 40_000);
  const names = Object.keys(said);
  const first = said[names[0] ?? ""] ?? 0;
  const subsets = Array.from({ length: 2 ** names.length - 1 }, (_, at) =>
    names.filter((_, member) => ((at + 1) >> member) & 1),
  ).map((streams) => ({
    streams,
    logProbabilities: logs(streams.length > 1 ? first : (said[streams[0] ?? ""] ?? 0)),
  }));
  const frameOf = (name: string): Uint8Array =>
    frames[name] ?? Uint8Array.from({ length: 16 }, (_, i) => 128 + 90 * Math.sin(index / 5 + i));
  const cells = Object.fromEntries(
    names.map((name): [string, Cell] => [
      name,
      {
        presence: "real",
        payload: frameOf(name),
        frames: 1,
        originTime: time,
        age: micros(0),
        arrivalTime: time,
      },
    ]),
  );
  const reading: Reading = {
    id: `lab:${time}:1`,
    site: "lab",
    time,
    labelTime: micros(time - 120_000),
    model: "m",
    presence: Object.fromEntries(names.map((name) => [name, "real"])),
    streams: Object.fromEntries(
      names.map((name) => [
        name,
        {
          code: 0,
          distance: 1,
          margin: 0,
          embedding: Float32Array.from([1, 0]),
          logProbabilities: logs(said[name] ?? 0),
          weight: 1 / names.length,
        },
      ]),
    ),
    joint: Float32Array.from([1, 0]),
    logProbabilities: logs(first),
    subsets,
  };
  const inputs = Object.fromEntries(names.map((name) => [name, Float32Array.from(frameOf(name))]));
  return { time, cells, inputs, reading };
}

const monitor = (): RobustnessMonitor =>
  new RobustnessMonitor({
    classes: CLASSES,
    silence: "sil",
    prior: logs(0),
    streams: ["audio", "video"],
    ignored: ["text"],
    watched: { audio: "u8", video: "u8" },
    rows: 100,
  });

describe("RobustnessMonitor", () => {
  it("answers without a stream that is doubted, with its weight on the others, and says why", () => {
    const own = monitor();
    const dead = new Uint8Array(16);
    let judged = own.push(row(0, { audio: 1, video: 2 }));
    expect(judged.answer.logProbabilities).toEqual(logs(1));
    for (let index = 1; index < 60; index++)
      judged = own.push(row(index, { audio: 1, video: 2 }, { audio: dead }));
    expect(judged.doubts).toMatchObject([{ stream: "audio", reason: "flat" }]);
    expect(judged.answer.logProbabilities).toEqual(logs(2));
    expect(judged.answer.streams).toMatchObject({ video: { weight: 1 } });
    expect(Object.keys(judged.answer.streams)).toEqual(["video"]);
    expect(own.report.doubts).toEqual(judged.doubts);
    judged = own.push(row(60, { audio: 1, video: 2 }));
    expect(judged.doubts).toEqual([]);
    expect(judged.answer.logProbabilities).toEqual(logs(1));
  });

  it("keeps all where all are doubted: an answer from something beats none", () => {
    const own = monitor();
    const dead = new Uint8Array(16);
    let judged = own.push(row(0, { audio: 1, video: 2 }));
    for (let index = 1; index < 60; index++)
      judged = own.push(row(index, { audio: 1, video: 2 }, { audio: dead, video: dead }));
    expect(judged.doubts).toHaveLength(2);
    expect(Object.keys(judged.answer.streams)).toEqual(["audio", "video"]);
  });

  it("leaves what contains the answer out of answer, forecast and gauges", () => {
    const own = monitor();
    const { answer, forecast } = own.push(row(0, { audio: 1, video: 2, text: 2 }));
    expect(Object.keys(answer.streams)).toEqual(["audio", "video"]);
    expect(forecast.map(({ lost }) => lost)).toEqual(["audio", "video"]);
    for (const { streams } of own.report.subsets) expect(streams).not.toContain("text");
  });

  it("takes labels into account, and none that it does not know", () => {
    const own = monitor();
    own.label({ label: "two", from: micros(0), to: micros(10_000_000), by: "truth" });
    own.label({ label: "eleven", from: micros(0), to: micros(10_000_000), by: "anna" });
    for (let index = 3; index < 20; index++) own.push(row(index, { audio: 1, video: 2 }));
    const accuracy = (stream: string) =>
      own.report.subsets.find(({ streams }) => streams.join() === stream)?.accuracy;
    expect([accuracy("audio"), accuracy("video")]).toEqual([0, 1]);
  });

  it("leaves out whom people's labels speak against, and nobody for a recording's own truth", () => {
    for (const by of ["anna", "truth"]) {
      const own = monitor();
      // Sound says "one" and is followed; the lips say "two", which is what it is.
      const end = micros(60_000_000);
      own.label({ label: "two", from: micros(0), to: end, by });
      let last = own.push(row(3, { audio: 1, video: 2 }));
      for (let index = 4; index < 700; index++) last = own.push(row(index, { audio: 1, video: 2 }));
      const doubts = last.doubts.filter(({ reason }) => reason === "labels");
      expect(doubts.map(({ stream }) => stream)).toEqual(by === "anna" ? ["audio"] : []);
      if (by === "truth") continue;
      expect(Object.keys(last.answer.streams)).toEqual(["video"]);
      expect(doubts[0]?.since).toBeGreaterThan(14_000_000);
      expect(doubts[0]?.since).toBeLessThan(20_000_000);
    }
  });

  it("goes on where another was taken down", () => {
    const rows = Array.from({ length: 300 }, (_, index) =>
      row(
        index,
        { audio: index % 3, video: (index >> 2) % 3 },
        index > 200 ? { audio: new Uint8Array(16) } : {},
      ),
    );
    const whole = monitor();
    const expected = rows.map((each) => whole.push(each));
    const first = monitor();
    for (const each of rows.slice(0, 230)) first.push(each);
    const second = monitor();
    second.restore(structuredClone(first.snapshot()));
    expect(second.report).toEqual(first.report);
    expect(rows.slice(230).map((each) => second.push(each))).toEqual(expected.slice(230));
    expect(second.report).toEqual(whole.report);
  });
});
