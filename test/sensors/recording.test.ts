import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { recording } from "../../sensors/recording.ts";
import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { ConfigError, LogError, SensorError } from "../../src/errors.ts";
import { LogWriter } from "../../src/log/LogWriter.ts";
import type { SensedFrame, SensorContext } from "../../src/pipeline/Sensor.ts";
import { micros, millis } from "../../src/units.ts";
import { audio } from "../wire/support.ts";

const start = micros(1_700_000_000_000_000);
let folder: string;
let path: string;

/** A context from `from` on, both relative to where the replay's start falls. */
function context(from: number, repeat?: number): SensorContext {
  const origin = micros(5_000_000);
  return {
    description: audio,
    clock: new DrivenClock(origin),
    origin,
    from: micros(origin + from),
    ...(repeat === undefined ? {} : { repeat: micros(repeat) }),
    signal: new AbortController().signal,
  };
}

/** The first `count` frames: time since the replay's start, and first payload byte. */
async function first(
  frames: AsyncIterable<SensedFrame>,
  count: number,
): Promise<[number, number | undefined][]> {
  const taken: [number, number | undefined][] = [];
  for await (const { originTime, payload } of frames) {
    taken.push([originTime - 5_000_000, payload[0]]);
    if (taken.length === count) break;
  }
  return taken;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "recording-"));
  path = join(folder, "test.mcap");
  const clock = new DrivenClock(start);
  await using log = await LogWriter.open(path, {
    clock,
    onFailure: (error) => {
      throw error;
    },
  });
  log.append({
    kind: "CONFIG",
    logTime: start,
    version: 1,
    origin: start,
    period: millis(40),
    streams: [audio],
  });
  // 100 chunks of 5 frames of 10 ms, each chunk logged 3 ms after its end; another stream in between.
  for (let index = 0; index < 100; index++) {
    const times = [0, 1, 2, 3, 4].map((at) => micros(start + (index * 5 + at) * 10_000));
    const common = {
      site: "lab",
      epoch: 1,
      arrivalTime: start,
      firstSequence: index * 5,
      originTimes: times,
      dtype: "i16" as const,
      shape: [4],
    };
    const logTime = micros(start + index * 50_000 + 53_000);
    const payload = Uint8Array.from(
      { length: 40 },
      (_, at) => (index * 5 + Math.floor(at / 8)) % 256,
    );
    log.append({ kind: "DATA", logTime, chunk: { ...common, stream: "audio", payload } });
    log.append({
      kind: "DATA",
      logTime,
      chunk: { ...common, stream: "other", payload: new Uint8Array(40).fill(99) },
    });
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the recording sensor", () => {
  it("gives the frames of its stream, moved to where the replay starts", async () => {
    const frames = recording.create({ path }).frames(context(0));
    const all = await first(frames, 1_000);
    expect(all).toEqual(Array.from({ length: 500 }, (_, index) => [index * 10_000, index % 256]));
  });

  it("joins in the middle", async () => {
    const frames = recording.create({ path }).frames(context(3_205_000));
    expect(await first(frames, 2)).toEqual([
      [3_210_000, 321 % 256],
      [3_220_000, 322 % 256],
    ]);
  });

  it("starts over after the time it repeats at, wherever it joined", async () => {
    const frames = recording.create({ path }).frames(context(5_060_000 * 3 + 4_980_000, 5_060_000));
    const begin = 5_060_000 * 3;
    expect(await first(frames, 4)).toEqual([
      [begin + 4_980_000, 498 % 256],
      [begin + 4_990_000, 499 % 256],
      [begin + 5_060_000, 0],
      [begin + 5_070_000, 1],
    ]);
  });

  it("cuts off what lies behind the time it repeats at", async () => {
    const frames = recording.create({ path }).frames(context(10_000, 30_000));
    expect(await first(frames, 4)).toEqual([
      [10_000, 1],
      [20_000, 2],
      [30_000, 0],
      [40_000, 1],
    ]);
  });

  it("replays a stream under another name", async () => {
    const frames = recording.create({ path, stream: "other" }).frames(context(0));
    expect(await first(frames, 1)).toEqual([[0, 99]]);
  });

  it("says what is wrong: no such file, no recording, no such stream, an unknown option", async () => {
    const run = (options: Record<string, unknown>) =>
      first(recording.create(options).frames(context(0)), 1);
    await expect(run({ path: join(folder, "absent") })).rejects.toThrow(SensorError);
    await expect(run({ path: new URL(import.meta.url).pathname })).rejects.toThrow(LogError);
    await expect(run({ path, stream: "smell" })).rejects.toThrow("expected frames of stream smell");
    expect(() => recording.create({})).toThrow(ConfigError);
    expect(() => recording.create({ path, speed: 2 })).toThrow("got speed");
  });
});
