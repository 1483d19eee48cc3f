import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";

import type { Chunk } from "../../src/frames/Chunk.ts";
import { frameLines } from "../../src/server/frameLines.ts";
import { bytes, micros } from "../../src/units.ts";

function chunk(firstSequence: number): Chunk {
  return {
    site: "lab",
    stream: "a",
    epoch: 1,
    firstSequence,
    originTimes: [micros(10), micros(20)],
    arrivalTime: micros(30),
    dtype: "u8",
    shape: [2],
    payload: Uint8Array.of(1, 2, 3, 4),
  };
}

/** What waits for the reader, line by line. */
const waiting = (lines: ReturnType<typeof frameLines>): unknown[] =>
  String(lines.read() ?? "")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe("frameLines", () => {
  it("gives one line per frame with its own bytes", () => {
    const chunks = new Subject<Chunk>();
    const lines = frameLines(chunks);
    chunks.next(chunk(7));
    expect(waiting(lines)).toEqual([
      expect.objectContaining({ sequence: 7, originTime: 10, payload: "AQI=" }),
      expect.objectContaining({ sequence: 8, originTime: 20, payload: "AwQ=" }),
    ]);
  });

  it("skips and counts what a slow reader leaves waiting", () => {
    const chunks = new Subject<Chunk>();
    const lines = frameLines(chunks, bytes(100));
    for (let i = 0; i < 10; i++) chunks.next(chunk(2 * i));
    expect(waiting(lines)).toHaveLength(2);
    chunks.next(chunk(20));
    expect(waiting(lines)).toEqual([
      { skipped: 18 },
      expect.objectContaining({ sequence: 20 }),
      expect.objectContaining({ sequence: 21 }),
    ]);
    chunks.next(chunk(22));
    expect(waiting(lines)).toMatchObject([{ sequence: 22 }, { sequence: 23 }]);
  });

  it("lets go of the stream when the reader is gone, and ends as the stream does", async () => {
    const chunks = new Subject<Chunk>();
    const left = frameLines(chunks);
    left.destroy();
    await new Promise((resolve) => left.once("close", resolve));
    expect(chunks.observed).toBe(false);
    const ends = [
      (source: Subject<Chunk>) => source.complete(),
      (source: Subject<Chunk>) => source.error(new Error("the log is closed")),
    ];
    for (const end of ends) {
      const source = new Subject<Chunk>();
      const lines = frameLines(source);
      end(source);
      const ended = new Promise((resolve) => lines.once("end", resolve));
      lines.resume();
      await ended;
    }
  });
});
