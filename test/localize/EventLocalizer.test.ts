import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import type { EventSpan } from "../../src/frames/EventSpan.ts";
import type { Reading } from "../../src/frames/Reading.ts";
import { EventLocalizer } from "../../src/localize/EventLocalizer.ts";
import { micros, millis } from "../../src/units.ts";

const CLASSES = ["sil", "one", "two"];
const PERIOD = millis(40);
const localizer = (options = {}): EventLocalizer =>
  new EventLocalizer({
    classes: CLASSES,
    prior: [0.4, 0.3, 0.3],
    silence: "sil",
    period: PERIOD,
    switchCost: 2,
    lagRows: 3,
    ...options,
  });

const logOf = (state: number, sure = 0.98): Float32Array =>
  Float32Array.from(CLASSES, (_, c) => Math.log(c === state ? sure : (1 - sure) / 2));

function reading(row: number, state: number, video = state): Reading {
  const stream = (own: number) => ({
    code: 0,
    distance: 0,
    margin: 0,
    embedding: new Float32Array(0),
    logProbabilities: logOf(own),
    weight: 0.5,
  });
  return {
    id: `row${row}`,
    site: "desk",
    time: micros((row + 3) * PERIOD),
    labelTime: micros(row * PERIOD),
    model: "m",
    presence: {},
    streams: { audio: stream(state), video: stream(video) },
    logProbabilities: logOf(state),
    subsets: [],
  };
}

function run(states: readonly number[], options = {}): { spans: EventSpan[]; finals: EventSpan[] } {
  const events = localizer(options);
  const spans = [
    ...states.flatMap((state, row) => events.push(reading(row, state))),
    ...events.flush(),
  ];
  return { spans, finals: spans.filter(({ state }) => state === "final") };
}

describe("EventLocalizer", () => {
  it("looks at a row as often in a long event as in a short one", () => {
    let looks = 0;
    const counting = Object.defineProperty([...logOf(1)], 1, {
      get: () => {
        looks++;
        return Math.log(0.98);
      },
    });
    const events = localizer();
    const looksIn = (from: number, to: number): number => {
      const before = looks;
      for (let row = from; row < to; row++)
        events.push({ ...reading(row, 1), logProbabilities: counting as unknown as Float32Array });
      return looks - before;
    };
    looksIn(0, 100);
    expect(looksIn(1_000, 1_100)).toBe(looksIn(100, 200));
  });

  it("says of a long event what its rows say, whatever it was told on the way", () => {
    const sure = (row: number): number => 0.6 + 0.3 * Math.sin(row);
    const events = localizer({ backing: 0.7, lagRows: 4 });
    const told = Array.from({ length: 60 }, (_, row) => {
      const { streams, ...rest } = reading(row, row < 5 || row > 52 ? 0 : 1, row % 7 < 5 ? 1 : 2);
      const { video, audio } = streams;
      if (video === undefined || audio === undefined) throw new Error("expected two streams");
      const heard = { ...audio, logProbabilities: logOf(1, sure(row)) };
      // The camera comes late and is away now and then.
      const isSeen = row > 12 && row % 11 !== 0;
      const here = isSeen ? { audio: heard, video } : { audio: heard };
      return events.push({ ...rest, streams: here });
    }).flat();
    const final = [...told, ...events.flush()].find(({ state }) => state === "final");
    const rows = Array.from({ length: 48 }, (_, at) => at + 5);
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const seen = rows.filter((row) => row > 12 && row % 11 !== 0);
    expect(final?.rows).toEqual(["row5", "row52"]);
    expect(final?.evidence["audio"]).toBeCloseTo(mean(rows.map(sure)), 5);
    const backs = (row: number): boolean => row % 7 < 5;
    expect(final?.evidence["video"]).toBeCloseTo(
      mean(seen.map((row) => (backs(row) ? 0.98 : 0.01))),
      5,
    );
    expect(final?.modalities).toEqual(["video"]);
    // 14 to 18 is the first of the longest stretches of five rows that are seen and back it.
    expect(final?.extents["video"]).toEqual([micros(13.5 * PERIOD), micros(18.5 * PERIOD)]);
  });

  it("gives each word once as final, half a period around its rows", () => {
    const { finals } = run([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 0, 0, 0, 0]);
    expect(finals.map(({ label }) => label)).toEqual(["one", "two"]);
    expect(finals[0]).toMatchObject({
      from: millis(100),
      to: millis(260),
      rows: ["row3", "row6"],
      modalities: ["audio", "video"],
    });
    expect(finals[0]?.score).toBeCloseTo(0.98, 5);
    expect(finals[1]?.from).toBe(finals[0]?.to);
  });

  it("tells of a word from its second row on, under the id it keeps", () => {
    const events = localizer();
    const first = [0, 0, 0, 1].flatMap((state, row) => events.push(reading(row, state)));
    expect(first).toEqual([]);
    const [provisional] = events.push(reading(4, 1));
    expect(provisional).toMatchObject({ label: "one", state: "provisional" });
    const later = [1, 0, 0, 0, 0, 0].flatMap((state, i) => events.push(reading(5 + i, state)));
    const final = later.find(({ state }) => state === "final");
    expect(final?.id).toBe(provisional?.id);
    expect(later.filter(({ state }) => state === "final")).toHaveLength(1);
  });

  it("gives a final span within delayRows of its end", () => {
    const events = localizer();
    const states = [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0];
    const at = states.findIndex((state, row) =>
      events.push(reading(row, state)).some((span) => span.state === "final"),
    );
    expect(at).toBe(6 + events.delayRows);
  });

  it("withdraws what it said too soon", () => {
    const { spans, finals } = run([0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0], { switchCost: 3.4 });
    const names = spans.map(({ state }) => state);
    expect(finals.length + names.filter((state) => state === "withdrawn").length).toBe(
      new Set(spans.map(({ id }) => id)).size,
    );
    const doubted = localizer({ switchCost: 5, lagRows: 6 });
    const states = [0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0];
    const seen = states.flatMap((state, row) =>
      doubted.push({
        ...reading(row, state),
        // The first guess is a narrow one: what follows makes `two` likelier for those rows too.
        logProbabilities: row < 6 && row > 2 ? Float32Array.of(-9, -0.8, -0.85) : logOf(state),
      }),
    );
    expect(seen.some(({ label, state }) => label === "one" && state === "withdrawn")).toBe(true);
    expect(seen.filter(({ state }) => state === "final").map(({ label }) => label)).toEqual([
      "two",
    ]);
  });

  it("names only the streams that back the label, and gives every stream's evidence", () => {
    const events = localizer();
    const spans = [0, 0, 1, 1, 1, 0, 0, 0, 0, 0].flatMap((state, row) =>
      events.push(reading(row, state, 0)),
    );
    const final = spans.find(({ state }) => state === "final");
    expect(final?.modalities).toEqual(["audio"]);
    expect(final?.evidence["video"]).toBeLessThan(0.05);
  });

  it("gives nothing in silence, and keeps nothing of it", () => {
    const events = localizer();
    for (let row = 0; row < 500; row++) expect(events.push(reading(row, 0))).toEqual([]);
    expect(events.snapshot().rows.length).toBeLessThanOrEqual(events.delayRows);
    expect(events.flush()).toEqual([]);
  });

  it("tells of a word that grows, again and again under one id", () => {
    const events = localizer();
    const told = [0, 0, 0, 1, 1, 1, 1, 1]
      .flatMap((state, row) => events.push(reading(row, state)))
      .map(({ id, from, to }) => [id, from, (to - from) / PERIOD]);
    expect(told).toEqual([2, 3, 4, 5].map((rows) => ["row3/one", millis(100), rows]));
  });

  it("gives a stream the longest stretch that backs the label, the first of equals", () => {
    const events = localizer();
    const video = [0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0];
    const spans = [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0].flatMap((state, row) =>
      events.push(reading(row, state, video[row])),
    );
    const final = spans.find(({ state }) => state === "final");
    expect(final?.extents).toEqual({
      audio: [millis(100), millis(380)],
      video: [millis(100), millis(180)],
    });
  });

  it("gives final spans in order, apart, never twice, and leaves no provisional one open", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 60 }), (states) => {
        const { spans, finals } = run(states);
        for (const [i, span] of finals.entries()) {
          expect(span.to).toBeGreaterThan(span.from);
          const next = finals[i + 1];
          if (next !== undefined) expect(next.from).toBeGreaterThanOrEqual(span.to);
        }
        expect(new Set(finals.map(({ id }) => id)).size).toBe(finals.length);
        const last = new Map(spans.map((span) => [span.id, span.state]));
        expect([...last.values()].includes("provisional")).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it("refuses a silence that is no class", () => {
    expect(() => localizer({ silence: "hush" })).toThrow(ConfigError);
  });
});
