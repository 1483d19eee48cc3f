import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { PlaybackCursor } from "../../dashboards/live/src/feed/PlaybackCursor.ts";

const PERIOD = 40_000;
const FRAME = 16_667;
const START = 1_767_225_600_000_000;

/** Rows every period, each later by its delay; frames at 60 Hz. Cursor time and newest row per frame. */
function play(delays: readonly number[]): { cursor: number; newest: number }[] {
  const cursor = new PlaybackCursor({ period: PERIOD, memory: 6_000_000 });
  const arrivals = delays.map((delay, index) => ({
    row: START + index * PERIOD,
    at: index * PERIOD + delay,
  }));
  arrivals.sort((a, b) => a.at - b.at || a.row - b.row);
  const frames: { cursor: number; newest: number }[] = [];
  let next = 0;
  let newest = Number.NEGATIVE_INFINITY;
  for (let now = 0; now < delays.length * PERIOD; now += FRAME) {
    for (; (arrivals[next]?.at ?? Infinity) <= now; next += 1) {
      const { row = 0, at = 0 } = arrivals[next] ?? {};
      newest = Math.max(newest, row);
      cursor.arrive(row, at);
    }
    const time = cursor.time(now);
    if (time !== undefined) frames.push({ cursor: time, newest });
  }
  return frames;
}

describe("PlaybackCursor", () => {
  it("has nothing to say before the first row", () => {
    expect(new PlaybackCursor({ period: PERIOD, memory: 1 }).time(5)).toBeUndefined();
  });

  it("moves by exactly the time that passes while rows arrive evenly", () => {
    const frames = play(new Array(100).fill(20_000));
    const steps = frames.slice(1).map(({ cursor }, index) => cursor - (frames[index]?.cursor ?? 0));
    for (const step of steps) expect(step).toBeCloseTo(FRAME, 0);
  });

  it("never jumps or goes back, and ends up behind every row's arrival, however uneven", () => {
    const delay = fc.integer({ min: 0, max: 120_000 });
    fc.assert(
      fc.property(fc.array(delay, { minLength: 250, maxLength: 250 }), (delays) => {
        const frames = play(delays);
        for (const [index, { cursor }] of frames.slice(1).entries()) {
          const step = cursor - (frames[index]?.cursor ?? 0);
          expect(step).toBeGreaterThanOrEqual(FRAME * 0.93);
          expect(step).toBeLessThanOrEqual(FRAME * 1.07);
        }
        const settled = frames.slice(-60);
        for (const { cursor, newest } of settled) expect(cursor).toBeLessThanOrEqual(newest + 1);
      }),
      { numRuns: 30 },
    );
  });

  it("follows at once when the pipeline's time jumps by more than a second", () => {
    const cursor = new PlaybackCursor({ period: PERIOD, memory: 6_000_000 });
    cursor.arrive(START, 0);
    cursor.time(0);
    cursor.arrive(START + 50_000_000, 40_000);
    expect(cursor.time(40_000)).toBe(START + 50_000_000 - PERIOD);
  });

  it("stands still when held, and goes on with the next row", () => {
    const cursor = new PlaybackCursor({ period: PERIOD, memory: 6_000_000 });
    cursor.arrive(START, 0);
    const before = cursor.time(10_000);
    cursor.hold(10_000);
    expect(cursor.time(500_000)).toBe(before);
    cursor.arrive(START + 520_000, 520_000);
    expect(cursor.time(520_000)).not.toBe(before);
  });
});
