import { firstValueFrom } from "rxjs";
import { describe, expect, it } from "vitest";
import { Push } from "zeromq";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { ConfigError } from "../../src/errors.ts";
import { borrowNumbers } from "../../src/frames/DType.ts";
import { micros } from "../../src/units.ts";
import { encodeChunk } from "../../src/wire/encodeMessage.ts";
import { type Delivery, Inlet } from "../../src/wire/Inlet.ts";
import { Outlet } from "../../src/wire/Outlet.ts";
import { audio, Collected, freshAddress, take, text } from "./support.ts";

const clock = new DrivenClock(micros(1_000_000));
const streams = [audio, text];

/** One frame of `audio`: its index in every element. */
function frame(index: number) {
  const payload = new Uint8Array(Int16Array.of(index, index, index, index).buffer);
  return { originTime: micros(index * 10_000), payload };
}

describe.each(["tcp", "ipc", "inproc"] as const)("frames over %s", (transport) => {
  it("arrive complete and in order, stamped with the inlet's clock", async () => {
    using at = freshAddress(transport);
    await using inlet = await Inlet.open({ bind: at.address, streams, clock });
    const connect = inlet.endpoint;
    await using outlet = await Outlet.open({ connect, description: audio, epoch: 9 });
    const collected = new Collected(inlet);
    for (let index = 0; index < 130; index++) await outlet.send(frame(index));
    await outlet.heartbeat(micros(1_300_000), micros(1_310_000));
    await collected.until(({ messages }) => messages.at(-1)?.kind === "heartbeat");

    const { frames, chunks, messages } = collected;
    expect(frames.map(({ payload }) => borrowNumbers(payload, "i16")[3])).toEqual(
      Array.from({ length: 130 }, (_, index) => index),
    );
    expect(frames.map(({ sequence, originTime }) => originTime / 10_000 - sequence)).toEqual(
      new Array(130).fill(0),
    );
    expect(chunks.every(({ epoch, arrivalTime }) => epoch === 9 && arrivalTime === 1_000_000)).toBe(
      true,
    );
    expect(Math.max(...chunks.map(({ originTimes }) => originTimes.length))).toBeLessThanOrEqual(
      64,
    );
    expect(messages.at(-1)).toMatchObject({ until: 1_300_000, at: 1_310_000, stream: "audio" });
    expect(inlet.counters.of("lab", "audio")).toMatchObject({ frames: 130, lost: 0, refused: {} });
  });
});

describe("Outlet", () => {
  it("sends a frame at once after a pause, and what comes soon after it together", async () => {
    await using inlet = await Inlet.open({ streams, clock });
    const connect = inlet.endpoint;
    await using outlet = await Outlet.open({
      connect,
      description: audio,
      epoch: 1,
      chunkDelayMs: 600_000,
    });
    const collected = new Collected(inlet);
    for (let index = 0; index < 2; index++) void outlet.send(frame(index));
    await collected.until(({ frames }) => frames.length === 2);
    for (let index = 2; index < 7; index++) {
      void outlet.send(frame(index));
      await new Promise(setImmediate);
    }
    await outlet.flush();
    await collected.until(({ frames }) => frames.length === 7);
    expect(collected.chunks.map(({ originTimes }) => originTimes.length)).toEqual([2, 5]);
  });

  it("sends 64 frames as one message, and the rest soon after", async () => {
    await using inlet = await Inlet.open({ streams, clock });
    const connect = inlet.endpoint;
    await using outlet = await Outlet.open({ connect, description: audio, epoch: 1 });
    const collected = new Collected(inlet);
    const sends = Array.from({ length: 67 }, (_, index) => outlet.send(frame(index)));
    await Promise.all(sends);
    await collected.until(({ frames }) => frames.length === 67);
    expect(collected.chunks.map(({ originTimes }) => originTimes.length)).toEqual([64, 3]);
  });

  it("copies frames, so that a sensor may fill the same buffer again", async () => {
    await using inlet = await Inlet.open({ streams, clock });
    const connect = inlet.endpoint;
    await using outlet = await Outlet.open({
      connect,
      description: audio,
      epoch: 1,
      chunkFrames: 1,
    });
    const collected = new Collected(inlet);
    const scratch = new Int16Array(4);
    for (let index = 0; index < 50; index++) {
      scratch.fill(index);
      void outlet.send({ originTime: micros(index), payload: new Uint8Array(scratch.buffer) });
    }
    await collected.until(({ frames }) => frames.length === 50);
    expect(collected.frames.map(({ payload }) => payload[0])).toEqual([...Array(50).keys()]);
  });

  it("carries text frames of different lengths, empty ones too", async () => {
    await using inlet = await Inlet.open({ streams, clock });
    const connect = inlet.endpoint;
    await using outlet = await Outlet.open({ connect, description: text, epoch: 1 });
    const collected = new Collected(inlet);
    const words = ["bin", "", "bläu", "日本"];
    for (const [index, word] of words.entries())
      await outlet.send({ originTime: micros(index), payload: Buffer.from(word) });
    await collected.until(({ frames }) => frames.length === words.length);
    expect(collected.frames.map(({ payload }) => Buffer.from(payload).toString())).toEqual(words);
  });

  it("gets rid of what is queued when it is disposed, and is disposed once", async () => {
    await using inlet = await Inlet.open({ streams, clock });
    const connect = inlet.endpoint;
    const outlet = await Outlet.open({ connect, description: audio, epoch: 1 });
    const collected = new Collected(inlet);
    void outlet.send(frame(1));
    void outlet.bye(micros(20_000), micros(20_000));
    await Promise.all([outlet[Symbol.asyncDispose](), outlet[Symbol.asyncDispose]()]);
    await outlet[Symbol.asyncDispose]();
    await collected.until(({ messages }) => messages.length === 2);
    expect(collected.messages.map(({ kind }) => kind)).toEqual(["data", "bye"]);
    await expect(outlet.send(frame(2))).rejects.toThrow(ConfigError);
  });

  it("refuses what is no time when it is handed over, not when it is sent", async () => {
    await using inlet = await Inlet.open({ streams, clock });
    const connect = inlet.endpoint;
    await using outlet = await Outlet.open({ connect, description: audio, epoch: 1 });
    for (const time of [Number.NaN, -1, 1_700_000_000_000_000.5, Infinity]) {
      const originTime = time as ReturnType<typeof micros>;
      await expect(outlet.send({ ...frame(1), originTime })).rejects.toThrow(ConfigError);
      await expect(outlet.heartbeat(originTime, micros(1))).rejects.toThrow("expected until");
    }
    const collected = new Collected(inlet);
    await outlet.send(frame(2));
    await collected.until(({ frames }) => frames.length === 1);
  });

  it("closes in bounded time when nobody listens", async () => {
    const outlet = await Outlet.open({
      connect: "tcp://127.0.0.1:1",
      description: audio,
      epoch: 1,
      highWaterMark: 1,
      chunkFrames: 1,
      flushMs: 20,
    });
    for (let index = 0; index < 10; index++) void outlet.send(frame(index));
    await outlet[Symbol.asyncDispose]();
  });

  it("publishes for subscribers, who learn how much they lost", async () => {
    const outlet = await Outlet.open({
      publish: "tcp://127.0.0.1:*",
      description: audio,
      epoch: 4,
      chunkFrames: 1,
    });
    await using _ = outlet;
    await using inlet = await Inlet.open({ streams, clock, connect: [outlet.endpoint] });
    const collected = new Collected(inlet);
    // A subscription takes effect some time after connect: publish until the first frame gets through.
    let next = 0;
    const publishing = setInterval(() => void outlet.send(frame(next++)), 1);
    await collected.until(({ frames }) => frames.length >= 3);
    clearInterval(publishing);
    const sequences = collected.frames.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index));
  });

  it("refuses frames of another size, and addresses it cannot use", async () => {
    await using inlet = await Inlet.open({ streams, clock });
    const connect = inlet.endpoint;
    await using outlet = await Outlet.open({ connect, description: audio, epoch: 1 });
    const short = { originTime: micros(0), payload: new Uint8Array(7) };
    await expect(outlet.send(short)).rejects.toThrow("expected frames of 8 bytes, got 7");
    const open = (address: object) => Outlet.open({ description: audio, epoch: 1, ...address });
    await expect(open({})).rejects.toThrow(ConfigError);
    await expect(open({ connect, publish: connect })).rejects.toThrow(ConfigError);
    await expect(open({ connect: "nonsense" })).rejects.toThrow(ConfigError);
    await expect(open({ publish: "tcp://0.0.0.0:*" })).rejects.toThrow("insecure");
  });
});

describe("Inlet", () => {
  it("hands out no more than its credit, and loses nothing of the rest", async () => {
    await using inlet = await Inlet.open({ streams, clock, credit: 4, highWaterMark: 1_000 });
    const connect = inlet.endpoint;
    await using outlet = await Outlet.open({
      connect,
      description: audio,
      epoch: 1,
      chunkFrames: 1,
    });
    const held: Delivery[] = [];
    let most = 0;
    let received = 0;
    const done = new Promise<void>((resolve) => {
      inlet.deliveries.subscribe((delivery) => {
        held.push(delivery);
        most = Math.max(most, held.length);
        if (++received === 100) resolve();
        // Deals with them late and all at once, twice over.
        if (held.length === 4)
          setImmediate(() => {
            for (const delivery of held.splice(0)) {
              delivery.release();
              delivery.release();
            }
          });
      });
    });
    for (let index = 0; index < 100; index++) await outlet.send(frame(index));
    await done;
    expect(most).toBe(4);
    expect(inlet.counters.of("lab", "audio").lost).toBe(0);
  });

  it("counts the frames that a publisher numbered and never delivered", async () => {
    await using inlet = await Inlet.open({ streams, clock });
    const push = new Push({ linger: 0 });
    push.connect(inlet.endpoint);
    const collected = new Collected(inlet);
    const send = async (epoch: number, firstSequence: number): Promise<void> => {
      const { originTime, payload } = frame(firstSequence);
      const parts = encodeChunk({
        ...audio,
        epoch,
        firstSequence,
        originTimes: [originTime],
        payload,
      });
      await push.send([...parts]);
    };
    for (const sequence of [5, 6, 10, 10, 9, 11]) await send(1, sequence);
    for (const sequence of [0, 1, 3]) await send(2, sequence);
    await collected.until(({ frames }) => frames.length === 9);
    push.close();
    expect(inlet.counters.of("lab", "audio").lost).toBe(3 + 1);
  });

  it("completes its streams when it is disposed, and is disposed once", async () => {
    const inlet = await Inlet.open({ streams, clock });
    const ended = Promise.all([
      firstValueFrom(inlet.deliveries, { defaultValue: "completed" }),
      firstValueFrom(inlet.refusals, { defaultValue: "completed" }),
    ]);
    await inlet[Symbol.asyncDispose]();
    await inlet[Symbol.asyncDispose]();
    expect(await ended).toEqual(["completed", "completed"]);
  });

  it("closes when its subscriber leaves", async () => {
    const inlet = await Inlet.open({ streams, clock });
    const ended = firstValueFrom(inlet.refusals, { defaultValue: "completed" });
    inlet.deliveries.subscribe().unsubscribe();
    expect(await ended).toBe("completed");
    await inlet[Symbol.asyncDispose]();
  });

  it("has one subscriber", async () => {
    await using inlet = await Inlet.open({ streams, clock });
    inlet.deliveries.subscribe();
    await expect(take(inlet.deliveries, 1)).rejects.toThrow(ConfigError);
  });

  it("listens on this machine only, unless told otherwise", async () => {
    for (const bind of ["tcp://*:*", "tcp://0.0.0.0:*", "tcp://[::]:*", "tcp://eth0:5555"])
      await expect(Inlet.open({ streams, clock, bind })).rejects.toThrow(ConfigError);
    await using inlet = await Inlet.open({
      streams,
      clock,
      bind: "tcp://0.0.0.0:*",
      insecure: true,
    });
    expect(inlet.endpoint).toMatch(/^tcp:\/\/0\.0\.0\.0:\d+$/);
  });

  it("says so when its address is taken or no address at all", async () => {
    await using inlet = await Inlet.open({ streams, clock });
    await expect(Inlet.open({ streams, clock, bind: inlet.endpoint })).rejects.toThrow(ConfigError);
    await expect(Inlet.open({ streams, clock, connect: ["nonsense"] })).rejects.toThrow(
      ConfigError,
    );
    await expect(Inlet.open({ streams, clock, credit: 0 })).rejects.toThrow(ConfigError);
  });
});
