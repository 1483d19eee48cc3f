import { describe, expect, it } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { ConfigError } from "../../src/errors.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import { hostSensor } from "../../src/pipeline/hostSensor.ts";
import type { SensedFrame, Sensor } from "../../src/pipeline/Sensor.ts";
import { micros, millis } from "../../src/units.ts";
import type { ClockKind } from "../../src/wire/controlMessage.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { Outlet } from "../../src/wire/Outlet.ts";
import { audio, Collected, text } from "../wire/support.ts";

/** A replay of frames at these times. */
function replayOf(times: readonly number[], payload: Uint8Array = new Uint8Array(8)): Sensor {
  return {
    pace: "replay",
    async *frames(): AsyncGenerator<SensedFrame> {
      for (const time of times) yield { originTime: micros(time), payload };
    },
  };
}

/** A sensor hosted on a clock that the test drives, over real sockets. */
async function hosted(
  sensor: Sensor,
  description: StreamDescription,
  clockKind: ClockKind,
  start = micros(0),
) {
  const clock = new DrivenClock(start);
  const inlet = await Inlet.open({ streams: [audio, text], clock });
  const outlet = await Outlet.open({ connect: inlet.endpoint, description, epoch: 1 });
  const collected = new Collected(inlet);
  const stop = new AbortController();
  const { signal } = stop;
  const host = { sensor, description, outlet, clock, clockKind, origin: clock.now(), signal };
  const done = hostSensor(host);
  done.catch(() => {});
  return {
    clock,
    collected,
    stop,
    done,
    /** All that has come, in order: origin times of frames, and notices as [kind, until, at]. */
    story: (): readonly (string | number)[] =>
      collected.messages.flatMap((message): readonly (string | number)[] =>
        message.kind === "data"
          ? [...message.chunk.originTimes]
          : [`${message.kind} ${message.until} @${message.at}`],
      ),
    async [Symbol.asyncDispose]() {
      await outlet[Symbol.asyncDispose]();
      await inlet[Symbol.asyncDispose]();
    },
  };
}

/** Drives the clock in steps, each after the heartbeat of the one before has come. */
async function drive(
  line: Awaited<ReturnType<typeof hosted>>,
  until: number,
  step = 40_000,
): Promise<void> {
  for (let now = line.clock.now() as number; ; now += step) {
    line.clock.advance(micros(now));
    await line.collected.until(({ messages }) =>
      messages.some((message) => message.kind !== "data" && message.at >= now),
    );
    if (now >= until) return;
  }
}

describe("hostSensor on a driven clock", () => {
  it("sends what has ended by each tick, then a heartbeat, and bye at the end", async () => {
    const sensor = replayOf([0, 10_000, 20_000, 30_000, 40_000, 50_000]);
    await using line = await hosted(sensor, audio, "driven");
    await drive(line, 80_000);
    await line.done;
    await line.collected.until(({ messages }) => messages.at(-1)?.kind === "bye");
    expect(line.story()).toEqual([
      "heartbeat 0 @0",
      ...[0, 10_000, 20_000, 30_000],
      "heartbeat 40000 @40000",
      ...[40_000, 50_000],
      "bye 80000 @80000",
    ]);
  });

  it("never promises past the start of a frame that is still to come", async () => {
    // A block that starts before the tick and ends after it.
    await using line = await hosted(replayOf([35_000]), audio, "driven");
    await drive(line, 80_000);
    await line.collected.until(({ messages }) => messages.at(-1)?.kind === "bye");
    expect(line.story()).toEqual([
      "heartbeat 0 @0",
      "heartbeat 35000 @40000",
      35_000,
      "bye 80000 @80000",
    ]);
  });

  it("sends a caption at its onset", async () => {
    const sensor = replayOf([40_000, 90_000], Buffer.from("{}"));
    await using line = await hosted(sensor, text, "driven");
    await drive(line, 120_000);
    await line.collected.until(({ messages }) => messages.at(-1)?.kind === "bye");
    expect(line.story()).toEqual([
      "heartbeat 0 @0",
      40_000,
      "heartbeat 40000 @40000",
      "heartbeat 80000 @80000",
      90_000,
      "bye 120000 @120000",
    ]);
  });

  it("answers every tick, however short", async () => {
    await using line = await hosted(replayOf([30_000]), audio, "driven");
    await drive(line, 20_000, 5_000);
    expect(line.story()).toEqual(
      [0, 5_000, 10_000, 15_000, 20_000].map((now) => `heartbeat ${now} @${now}`),
    );
    line.stop.abort(new Error("enough"));
    await expect(line.done).rejects.toThrow("enough");
  });

  it("catches up in one go when ticks come in leaps", async () => {
    const sensor = replayOf([0, 10_000, 20_000, 200_000]);
    await using line = await hosted(sensor, audio, "driven");
    await drive(line, 150_000, 150_000);
    expect(line.story()).toEqual([
      "heartbeat 0 @0",
      ...[0, 10_000, 20_000],
      "heartbeat 150000 @150000",
    ]);
    line.stop.abort(new Error("enough"));
    await expect(line.done).rejects.toThrow("enough");
  });

  it("drops what is from before it started", async () => {
    const sensor = replayOf([80_000, 90_000, 100_000, 110_000]);
    await using line = await hosted(sensor, audio, "driven", micros(100_000));
    await drive(line, 140_000);
    await line.done;
    expect(line.collected.frames.map(({ originTime }) => originTime)).toEqual([100_000, 110_000]);
  });

  it("refuses a live sensor", async () => {
    const sensor: Sensor = { ...replayOf([]), pace: "live" };
    await using line = await hosted(sensor, audio, "driven");
    await expect(line.done).rejects.toThrow(ConfigError);
  });

  it("passes on the sensor's own failure, without a bye", async () => {
    const sensor: Sensor = {
      pace: "replay",
      // biome-ignore lint/correctness/useYield: it fails before it has anything to give
      async *frames(): AsyncGenerator<SensedFrame> {
        throw new Error("no device");
      },
    };
    await using line = await hosted(sensor, audio, "driven");
    await expect(line.done).rejects.toThrow("no device");
    expect(line.story()).toEqual([]);
  });
});

describe("hostSensor on a clock that runs by itself", () => {
  it("sends a regular stream without heartbeats, each frame at its end", async () => {
    await using line = await hosted(replayOf([0, 10_000]), audio, "system");
    line.clock.advance(micros(9_999));
    line.clock.advance(micros(10_000));
    await line.collected.until(({ frames }) => frames.length === 1);
    expect(line.story()).toEqual([0]);
    line.clock.advance(micros(20_000));
    await line.done;
    await line.collected.until(({ messages }) => messages.at(-1)?.kind === "bye");
    expect(line.story()).toEqual([0, 10_000, "bye 20000 @20000"]);
  });

  it("sends a heartbeat each 40 ms while an irregular replay has nothing to say", async () => {
    const sensor = replayOf([100_000], Buffer.from("{}"));
    await using line = await hosted(sensor, text, "system");
    await drive(line, 80_000);
    line.clock.advance(micros(100_000));
    await line.collected.until(({ messages }) => messages.at(-1)?.kind === "bye");
    expect(line.story()).toEqual([
      "heartbeat 0 @0",
      "heartbeat 40000 @40000",
      "heartbeat 80000 @80000",
      100_000,
      "bye 100000 @100000",
    ]);
  });

  it("promises a live irregular stream only up to its latency, and stops when told", async () => {
    const sensor: Sensor = {
      pace: "live",
      latency: millis(15),
      async *frames({ clock, signal }): AsyncGenerator<SensedFrame> {
        await clock.until(micros(50_000), signal);
        yield { originTime: micros(clock.now() - 10_000), payload: Buffer.from("{}") };
        await clock.until(micros(1_000_000), signal);
      },
    };
    await using line = await hosted(sensor, text, "system");
    line.clock.advance(micros(40_000));
    await line.collected.until(({ messages }) => messages.length === 2);
    line.clock.advance(micros(60_000));
    await line.collected.until(({ frames }) => frames.length === 1);
    line.stop.abort(new Error("enough"));
    await expect(line.done).rejects.toThrow("enough");
    expect(line.story()).toEqual(["heartbeat 0 @0", "heartbeat 25000 @40000", 50_000]);
  });
});
