import { describe, expect, it } from "vitest";

import { Aligner, type AlignerCounters } from "../../src/align/Aligner.ts";
import { last } from "../../src/align/Policy.ts";
import { UNUSED_REASONS } from "../../src/align/UnusedFrame.ts";
import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import type { Frameset } from "../../src/frames/Frameset.ts";
import { Ingest } from "../../src/pipeline/Ingest.ts";
import { micros, millis } from "../../src/units.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { Outlet } from "../../src/wire/Outlet.ts";
import { ChaosProxy, type Mishaps } from "../support/ChaosProxy.ts";
import { audio } from "../wire/support.ts";

const START = 1_700_000_000_000_000;
const STEPS = 2_000;
const streams = ["one", "two"].map((stream) => ({ ...audio, stream, lateness: millis(50) }));
const columns = { one: last({ maxAge: millis(60) }), two: last({ maxAge: millis(60) }) };

const calm: Mishaps = { drop: 0, duplicate: 0, corrupt: 0, hold: 0, longestHold: 1 };
const rough: Mishaps = { drop: 0.1, duplicate: 0.1, corrupt: 0.1, hold: 0.2, longestHold: 10 };
const stormy: Mishaps = { drop: 0.3, duplicate: 0.5, corrupt: 0.5, hold: 0.5, longestHold: 40 };

/** Two streams of 100 Hz for 20 s through a bad network, from socket to framesets. */
async function through(mishaps: Mishaps, seed: number) {
  const clock = new DrivenClock(micros(START));
  await using inlet = await Inlet.open({ streams, clock });
  await using proxy = await ChaosProxy.open(inlet.endpoint, seed, mishaps);
  const ingest = new Ingest({ clock, streams });
  const aligner = new Aligner({ columns, skew: millis(200) });
  const rows: Frameset[] = [];
  ingest.records.subscribe((record) => rows.push(...aligner.push(record)));
  ingest.configure({ version: 1, origin: micros(START), period: millis(40) });
  let [frames, came] = [0, 0];
  inlet.refusals.subscribe(() => came++);
  inlet.deliveries.subscribe((delivery) => {
    const { message } = delivery;
    came++;
    if (message.kind === "data") frames += message.chunk.originTimes.length;
    ingest.accept(message);
    delivery.release();
  });
  const outlets = await Promise.all(
    streams.map((description) =>
      Outlet.open({ connect: proxy.endpoint, description, epoch: 1, chunkFrames: 1 }),
    ),
  );
  const payload = new Uint8Array(8);
  for (let step = 0; step < STEPS; step++) {
    clock.advance(micros(START + step * 10_000));
    for (const outlet of outlets) await outlet.send({ originTime: clock.now(), payload });
    // So that messages come in about when they are sent, as far as the driven clock goes.
    if (step % 10 === 0) while (proxy.counts.taken < step * 2) await new Promise(setImmediate);
  }
  await proxy.drained(2 * STEPS);
  while (came < proxy.counts.sent) await new Promise(setImmediate);
  for (const outlet of outlets) await outlet[Symbol.asyncDispose]();
  return { rows, frames, counts: proxy.counts, counters: aligner.counters(), wire: inlet.counters };
}

/** Frames that the books of a stream know of. */
function booked({ streams }: AlignerCounters, stream: string): number {
  const counters = streams[stream];
  if (counters === undefined) return 0;
  const unused = UNUSED_REASONS.reduce((sum, reason) => sum + counters[reason], 0);
  return counters.used + counters.buffered + unused;
}

describe("two sensors behind a bad network", { timeout: 60_000 }, () => {
  it.each([
    ["calm", 1, calm],
    ["rough", 2, rough],
    ["rough", 3, rough],
    ["stormy", 4, stormy],
    ["stormy", 5, stormy],
  ] as const)(
    "%s, seed %i: every message and every frame is accounted for, and rows go on",
    async (_, seed, mishaps) => {
      const { rows, frames, counts, counters, wire } = await through(mishaps, seed);
      // From the sensors to the inlet: sent = accepted + refused, each with a reason.
      const tallies = [wire.of("lab", "one"), wire.of("lab", "two"), wire.unknown];
      const refused = tallies.flatMap((tally) => Object.values(tally.refused));
      const accepted = tallies.reduce((sum, { messages }) => sum + messages, 0);
      expect(counts.taken).toBe(2 * STEPS);
      expect(counts.sent).toBe(counts.taken - counts.dropped + counts.duplicated);
      expect(accepted + refused.reduce((sum, count) => sum + count, 0)).toBe(counts.sent);
      // From the inlet to the rows: received = used + buffered + each reason.
      const received = ["one", "two"].map((stream) => counters.streams[stream]?.received ?? 0);
      expect((received[0] ?? 0) + (received[1] ?? 0)).toBe(frames);
      for (const [index, stream] of ["one", "two"].entries())
        expect(booked(counters, stream)).toBe(received[index]);
      // Rows: one for each instant, each once, up to the end.
      expect(rows.map(({ index }) => index)).toEqual(rows.map((_, index) => index));
      expect(rows.length).toBeGreaterThan(STEPS / 4 - 15);
      if (mishaps === calm) expect(refused).toEqual([]);
      else expect(Object.keys(wire.of("lab", "one").refused).length).toBeGreaterThan(3);
      const present = rows.filter(({ cells }) => cells["one"]?.presence !== "missing").length;
      expect(present / rows.length).toBeGreaterThan(mishaps === stormy ? 0.4 : 0.95);
    },
  );

  it("has the same mishaps for the same seed", async () => {
    const [one, other] = [await through(rough, 9), await through(rough, 9)];
    expect(one.counts).toEqual(other.counts);
  });
});
