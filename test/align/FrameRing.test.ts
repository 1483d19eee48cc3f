import { describe, expect, it } from "vitest";

import { FrameRing } from "../../src/align/FrameRing.ts";
import type { Chunk } from "../../src/frames/Chunk.ts";
import { micros } from "../../src/units.ts";

function chunk(payload: Uint8Array): Chunk {
  return {
    ...{ site: "lab", stream: "a", epoch: 1, firstSequence: 0, dtype: "u8", shape: [2] },
    ...{ originTimes: [micros(0)], arrivalTime: micros(0), payload },
  };
}

const payload = Uint8Array.from({ length: 600 }, (_, i) => i % 251);

describe("a ring of frames", () => {
  for (const frameBytes of [2, undefined])
    it(`of ${frameBytes ?? "any"} bytes keeps them in order of time as it grows and turns`, () => {
      const ring = new FrameRing(frameBytes);
      const whole = chunk(payload);
      const expected: number[] = [];
      for (let i = 0; i < 300; i++) {
        // Two forward, one back: every third comes out of order.
        const time = 10 * i - (i % 3 === 2 ? 15 : 0);
        expect(ring.insert(time, whole, i, 2 * i, 2 * i + 2)).toBe(true);
        expected.push(time);
        expected.sort((a, b) => a - b);
        if (i % 50 !== 49) continue;
        const until = expected[20] ?? 0;
        if (ring.use(3)) expect(ring.isUsed(3)).toBe(true);
        expect(ring.use(3)).toBe(false);
        expect(ring.dropUntil(until)).toBe(20);
        expected.splice(0, 21);
        expect(Array.from({ length: ring.size }, (_, at) => ring.time(at))).toEqual(expected);
        expect(ring.bytes).toBe(2 * ring.size);
        expect(ring.isUsed(0)).toBe(false);
        for (const at of [0, 5, ring.size - 1]) {
          const index = ring.index(at);
          expect([...ring.payload(at)]).toEqual([...payload.subarray(2 * index, 2 * index + 2)]);
        }
        for (const time of [0, until, until + 7, 1e9])
          expect(ring.after(time)).toBe(expected.filter((one) => one <= time).length);
      }
      expect(ring.insert(expected[4] ?? 0, whole, 0, 0, 2)).toBe(false);
      ring.dropUntil(Number.POSITIVE_INFINITY);
      expect([ring.size, ring.bytes]).toEqual([0, 0]);
    });

  it("lends a payload as it is where a chunk holds one frame", () => {
    const ring = new FrameRing(600);
    ring.append(5, chunk(payload), 0, 0, 600);
    expect(ring.payload(0)).toBe(payload);
  });
});
