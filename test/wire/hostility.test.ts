import { describe, expect, it } from "vitest";
import { type MessageLike, Push } from "zeromq";
import { Fortress, refusedIn } from "../../bench/wire/Fortress.ts";
import { fireAt } from "../../bench/wire/fireAt.ts";
import { goodAmong } from "../../bench/wire/hostileMessages.ts";
import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { micros } from "../../src/units.ts";
import { encodeChunk } from "../../src/wire/encodeMessage.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { Outlet } from "../../src/wire/Outlet.ts";
import { audio, Collected, text } from "./support.ts";

/** A small generator of repeatable bytes (xorshift32). */
function noise(seed: number): () => number {
  return () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return seed & 0xff;
  };
}

describe("an inlet under fire", () => {
  it("counts every bad message by its reason, keeps samples, and leaves good streams alone", async () => {
    const clock = new DrivenClock(micros(1_000_000));
    await using inlet = await Inlet.open({ streams: [audio, text], clock, credit: 8 });
    await using outlet = await Outlet.open({
      connect: inlet.endpoint,
      description: audio,
      epoch: 1,
      chunkFrames: 1,
    });
    const attacker = new Push({ linger: 0 });
    attacker.connect(inlet.endpoint);
    const collected = new Collected(inlet);

    const good = { ...audio, epoch: 2, firstSequence: 0, originTimes: [micros(0)] };
    const bytes = new Uint8Array(8);
    const [topic, header, payload] = encodeChunk({ ...good, payload: bytes });
    const unknown = encodeChunk({ ...good, stream: "smell", payload: bytes });
    const otherShape = encodeChunk({ ...good, shape: [2, 2], payload: bytes });
    const otherDtype = encodeChunk({ ...good, dtype: "u16", payload: bytes });
    const random = noise(7);
    const attacks: MessageLike[][] = [
      [topic, header],
      [topic, header.subarray(0, 20), payload],
      [topic, header, payload.subarray(0, 7)],
      [topic, Buffer.from([0xc1]), payload],
      ["lab/text/", header, payload],
      ["nonsense", header, payload],
      [...unknown],
      [...otherShape],
      [...otherDtype],
      [Uint8Array.from({ length: 50 }, random)],
      [Uint8Array.from({ length: 50 }, random), Uint8Array.from({ length: 50 }, random)],
      [topic, Uint8Array.from({ length: 70_000 }, random), payload],
    ];

    let sent = 0;
    for (let round = 0; round < 20; round++)
      for (const attack of attacks) {
        await attacker.send(attack);
        const originTime = micros(sent++ * 10_000);
        await outlet.send({ originTime, payload: new Uint8Array(8) });
      }
    await collected.until(({ frames }) => frames.length === sent);
    const refused = () =>
      [inlet.counters.of("lab", "audio"), inlet.counters.of("lab", "text"), inlet.counters.unknown]
        .flatMap(({ refused: counts }) => Object.values(counts))
        .reduce((sum, count) => sum + count, 0);
    // The good stream has its own connection and may be ahead of the attack.
    while (refused() < 20 * attacks.length) await new Promise(setImmediate);
    attacker.close();

    expect(inlet.counters.of("lab", "audio")).toEqual({
      messages: sent,
      frames: sent,
      lost: 0,
      refused: { parts: 20, header: 40, payload: 20, shape: 20, dtype: 20, size: 20 },
    });
    expect(inlet.counters.of("lab", "text").refused).toEqual({ stream: 20 });
    expect(inlet.counters.unknown.refused).toEqual({
      topic: 40,
      parts: 20,
      "unknown-stream": 20,
    });
    const { refusals } = inlet.counters;
    expect(refusals).toHaveLength(8);
    expect(refusals.every(({ sample }) => sample.every((part) => part.length <= 256))).toBe(true);
    expect(collected.frames.map(({ sequence }) => sequence)).toEqual([...Array(sent).keys()]);
  });

  it("announces each refusal as it happens", async () => {
    const clock = new DrivenClock(micros(77));
    await using inlet = await Inlet.open({ streams: [audio], clock });
    const attacker = new Push({ linger: 0 });
    attacker.connect(inlet.endpoint);
    const refusal = new Promise((resolve) => inlet.refusals.subscribe(resolve));
    inlet.deliveries.subscribe();
    await attacker.send(["lab/audio/", "x", ""]);
    expect(await refusal).toMatchObject({
      reason: "header",
      stream: "audio",
      arrivalTime: 77,
      problem: "stream audio: expected a msgpack map",
    });
    attacker.close();
  });
});

describe("an inlet with a pipeline behind it", { timeout: 60_000 }, () => {
  it("takes or refuses everything that hostile messages can be, and a good sensor loses nothing", async () => {
    await using fortress = await Fortress.open();
    const count = 5_000;
    const done = fortress.dealtWith(count);
    await fireAt(fortress.endpoint, 3, count);
    await done;
    const told = fortress.count();
    expect(told.taken + refusedIn(told)).toBe(count);
    expect(told.good).toBe(goodAmong(count));
    // A few that were changed are messages still.
    expect(told.taken).toBeGreaterThan(goodAmong(count));
    for (const reason of ["parts", "topic", "header", "version", "payload", "times", "dtype"])
      expect(told.refused[reason], reason).toBeGreaterThan(0);
  });
});
