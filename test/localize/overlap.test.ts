import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import type { EventSpan } from "../../src/frames/EventSpan.ts";
import type { Reading } from "../../src/frames/Reading.ts";
import { statesOf } from "../../src/localize/chainPlans.ts";
import { EventLocalizer } from "../../src/localize/EventLocalizer.ts";
import { micros, millis } from "../../src/units.ts";

const CLASSES = ["sil", "speech", "laugh", "dog"];
const PERIOD = millis(40);

/** A row that gives each class a probability, all together and each stream alone. */
function reading(
  row: number,
  shares: readonly number[],
  alone: Readonly<Record<string, readonly number[]>> = {},
): Reading {
  const logs = (values: readonly number[]): Float32Array => Float32Array.from(values, Math.log);
  return {
    id: `row${row}`,
    labelTime: micros(row * PERIOD),
    logProbabilities: logs(shares),
    streams: Object.fromEntries(
      Object.entries(alone).map(([stream, own]) => [stream, { logProbabilities: logs(own) }]),
    ),
  } as unknown as Reading;
}

function finals(rows: readonly Reading[], options: object = {}): EventSpan[] {
  const events = new EventLocalizer({
    classes: CLASSES,
    prior: [0.25, 0.25, 0.25, 0.25],
    silence: "sil",
    period: PERIOD,
    switchCost: 1,
    lagRows: 3,
    ...options,
  });
  const spans = [...rows.flatMap((row) => events.push(row)), ...events.flush()];
  return spans.filter(({ state }) => state === "final");
}

const shown = (spans: readonly EventSpan[]): string[] =>
  spans
    .map(({ label, from, to }) => `${label} ${(from + 20_000) / PERIOD}-${(to - 20_000) / PERIOD}`)
    .sort();

/** Speech over rows 2 to 9, a dog over 6 to 13: in between they share the probability. */
const together = Array.from({ length: 17 }, (_, row) => {
  const [speech, dog] = [row >= 2 && row <= 9, row >= 6 && row <= 13];
  if (speech && dog) return reading(row, [0.04, 0.47, 0.02, 0.47]);
  if (speech) return reading(row, [0.04, 0.92, 0.02, 0.02]);
  return reading(row, dog ? [0.04, 0.02, 0.02, 0.92] : [0.94, 0.02, 0.02, 0.02]);
});

describe("events that overlap", () => {
  it("are one after the other where labels exclude one another", () => {
    const spans = finals(together);
    for (const [at, span] of spans.entries())
      expect(span.from).toBeGreaterThanOrEqual(spans[at - 1]?.to ?? 0);
    expect(spans.map(({ label }) => label)).toEqual(["speech", "dog"]);
  });

  it("are found side by side with one chain per label", () => {
    const spans = finals(together, { overlap: "labels", onsetCost: 1, offsetCost: 0.5 });
    expect(shown(spans)).toEqual(["dog 6-13", "speech 2-9"]);
  });

  it("overlap across slots alone with one chain per slot", () => {
    const voice = { overlap: "slots", slots: { voice: ["speech", "laugh"] } };
    // Laughing instead of talking excludes it; the dog, of no slot, does not.
    const rows = Array.from({ length: 14 }, (_, row) =>
      row >= 2 && row <= 10
        ? reading(row, row < 6 ? [0.02, 0.5, 0.06, 0.42] : [0.02, 0.06, 0.5, 0.42])
        : reading(row, [0.94, 0.02, 0.02, 0.02]),
    );
    const prior = { prior: [0.7, 0.1, 0.1, 0.1] };
    expect(shown(finals(rows, { ...voice, ...prior }))).toEqual([
      "dog 2-10",
      "laugh 6-10",
      "speech 2-5",
    ]);
  });

  it("give a chain all that is none of its labels as its silence, other events too", () => {
    const plan = { classes: [0, 2], prior: [0.75, 0.25] };
    const [none, laugh] = statesOf(plan, [0.1, 0.5, 0.2, 0.2].map(Math.log));
    expect(none).toBeCloseTo(Math.log(0.8), 6);
    expect(laugh).toBeCloseTo(Math.log(0.2), 6);
    const [never] = statesOf(plan, [-Infinity, -Infinity, 0, -Infinity]);
    expect(never).toBeCloseTo(Math.log(1e-9), 6);
  });

  it("refuses slots of labels that are no classes", () => {
    expect(() => finals([], { overlap: "slots", slots: { voice: ["song"] } })).toThrow(ConfigError);
  });
});

describe("hysteresis", () => {
  /** A word that is doubtful in the middle. */
  const fading = Array.from({ length: 22 }, (_, row) => {
    if (row < 3 || row > 16) return reading(row, [0.97, 0.01, 0.01, 0.01]);
    return reading(row, row < 8 || row > 11 ? [0.04, 0.94, 0.01, 0.01] : [0.6, 0.38, 0.01, 0.01]);
  });

  it("lets what has begun go on upon weaker evidence than it takes to begin", () => {
    const even = finals(fading, { onsetCost: 1, offsetCost: 0, lagRows: 6 });
    const sticky = finals(fading, { onsetCost: 1, offsetCost: 2, lagRows: 6 });
    expect(shown(even)).toEqual(["speech 12-16", "speech 3-7"]);
    expect(shown(sticky)).toEqual(["speech 3-16"]);
  });

  it("asks for more before anything begins", () => {
    const weak = Array.from({ length: 20 }, (_, row) =>
      reading(row, row > 4 && row < 12 ? [0.3, 0.6, 0.05, 0.05] : [0.97, 0.01, 0.01, 0.01]),
    );
    expect(shown(finals(weak, { onsetCost: 2, offsetCost: 1 }))).toEqual(["speech 5-11"]);
    expect(finals(weak, { onsetCost: 8, offsetCost: 1 })).toEqual([]);
  });
});

describe("evidence", () => {
  it("says which streams carry an event, and from when to when each", () => {
    const silent = [0.94, 0.02, 0.02, 0.02];
    const heard = [0.06, 0.9, 0.02, 0.02];
    const rows = Array.from({ length: 14 }, (_, row) =>
      row < 2 || row > 10
        ? reading(row, silent, { audio: silent, video: silent })
        : reading(row, heard, { audio: row < 8 ? heard : silent, video: row < 5 ? silent : heard }),
    );
    const [span] = finals(rows);
    expect(span?.modalities).toEqual(["audio", "video"]);
    expect(span?.extents).toEqual({
      audio: [2 * PERIOD - 20_000, 7 * PERIOD + 20_000],
      video: [5 * PERIOD - 20_000, 10 * PERIOD + 20_000],
    });
  });

  it("knows an event that is only heard", () => {
    const rows = Array.from({ length: 12 }, (_, row) => {
      const now = row < 2 || row > 8 ? [0.94, 0.02, 0.02, 0.02] : [0.06, 0.9, 0.02, 0.02];
      return reading(row, now, { audio: now, video: [0.94, 0.02, 0.02, 0.02] });
    });
    const [span] = finals(rows);
    expect(span?.modalities).toEqual(["audio"]);
    expect(Object.keys(span?.extents ?? {})).toEqual(["audio"]);
  });
});
