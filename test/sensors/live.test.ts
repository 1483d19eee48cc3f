import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { camera } from "../../sensors/camera.ts";
import { inputArguments } from "../../sensors/media/ffmpeg.ts";
import { SoundStamps } from "../../sensors/media/SoundStamps.ts";
import { microphone } from "../../sensors/microphone.ts";
import { captions, parseLine } from "../../sensors/text.ts";
import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { ConfigError, SensorError } from "../../src/errors.ts";
import { borrowNumbers } from "../../src/frames/DType.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { SensedFrame, SensorContext, SensorKind } from "../../src/pipeline/Sensor.ts";
import { hertz, micros, millis } from "../../src/units.ts";
import { text as words } from "../wire/support.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const sound: StreamDescription = {
  ...words,
  stream: "audio",
  modality: "audio",
  dtype: "i16",
  shape: [160],
  rate: hertz(100),
};
const mouth: StreamDescription = {
  ...words,
  stream: "video",
  modality: "video",
  dtype: "u8",
  shape: [20, 28],
  rate: hertz(25),
};
const stop = new AbortController();

function context(description: StreamDescription, signal = stop.signal): SensorContext {
  const clock = new SystemClock();
  const origin = clock.now();
  return { description, clock, origin, from: origin, signal };
}

/** The first `count` frames, all where it is not given. */
async function sensed(
  kind: SensorKind,
  options: Record<string, unknown>,
  told: SensorContext,
  count = Number.POSITIVE_INFINITY,
): Promise<SensedFrame[]> {
  const frames: SensedFrame[] = [];
  for await (const { originTime, payload } of kind.create(options).frames(told)) {
    frames.push({ originTime, payload: Uint8Array.from(payload) });
    if (frames.length >= count) break;
  }
  return frames;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "live-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

describe.skipIf(!hasFfmpeg)("the microphone through ffmpeg", { timeout: 180_000 }, () => {
  it("hears a made-up sound in evenly stamped blocks of the stream's size", async () => {
    const told = context(sound);
    const sine = "sine=frequency=1000:sample_rate=48000:samples_per_frame=480";
    const frames = await sensed(microphone, { format: "lavfi", device: sine }, told, 40);
    const first = frames[0]?.originTime ?? 0;
    expect((first - told.origin) % 10_000).toBe(0);
    const steps = frames.slice(1).map(({ originTime }, index) => {
      return originTime - (frames[index]?.originTime ?? 0);
    });
    expect(steps.every((step) => step % 10_000 === 0 && step > 0)).toBe(true);
    // 1 kHz at 16 kHz: 16 samples a period, so each sample is the opposite of the one 8 later.
    const pcm = borrowNumbers(frames[39]?.payload ?? new Uint8Array(0), "i16");
    expect(pcm).toHaveLength(160);
    expect(Math.max(...pcm)).toBeGreaterThan(2_000);
    expect(Math.abs((pcm[50] ?? 0) + (pcm[58] ?? 0))).toBeLessThan(50);
    expect(Math.abs(told.clock.now() - (frames[39]?.originTime ?? 0))).toBeLessThan(millis(500));
  });

  it("hears a file to its end", async () => {
    const path = join(folder, "sound.wav");
    const make = ["-v", "error", "-f", "lavfi", "-i", "sine=duration=0.3", path];
    expect(spawnSync("ffmpeg", make).status).toBe(0);
    const frames = await sensed(microphone, { input: path }, context(sound));
    expect(frames.length).toBeGreaterThan(20);
    expect(frames.length).toBeLessThanOrEqual(30);
  });

  it("says why when the device or file is not there", async () => {
    const absent = sensed(microphone, { input: join(folder, "absent.wav") }, context(sound));
    await expect(absent).rejects.toThrow(SensorError);
    await expect(absent).rejects.toThrow("No such file");
    const device = { format: "alsa", device: "hw:77" };
    await expect(sensed(microphone, device, context(sound))).rejects.toThrow(SensorError);
  });

  it("stops ffmpeg when it is told to stop", async () => {
    const leave = new AbortController();
    const told = context(sound, leave.signal);
    const frames = microphone.create({ format: "lavfi", device: "sine" }).frames(told);
    const listening = (async () => {
      for await (const _ of frames) leave.abort(new Error("enough"));
    })();
    await expect(listening).rejects.toThrow("enough");
  });
});

describe.skipIf(!hasFfmpeg)("the camera through ffmpeg", { timeout: 180_000 }, () => {
  it("sees the part it is to look at, small and grey", async () => {
    // Left half black, right half white.
    const halves = "color=black:size=320x240:rate=25,drawbox=x=160:w=160:color=white:t=fill";
    const look = (crop: number[]) =>
      sensed(camera, { format: "lavfi", device: halves, crop }, context(mouth), 3);
    const whole = (await look([0, 0, 1, 1])).at(-1)?.payload ?? new Uint8Array(0);
    expect(whole).toHaveLength(560);
    for (const row of [0, 19]) {
      expect(whole[28 * row]).toBeLessThan(5);
      expect(whole[28 * row + 27]).toBeGreaterThan(250);
    }
    const right = (await look([0.5, 0, 0.5, 1])).at(-1)?.payload ?? new Uint8Array(0);
    expect(Math.min(...right)).toBeGreaterThan(250);
  });

  it("stamps pictures with strictly rising times at the stream's rate", async () => {
    const told = context(mouth);
    const frames = await sensed(camera, { format: "lavfi", device: "testsrc2" }, told, 12);
    const times = frames.map(({ originTime }) => originTime);
    expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0))).toBe(true);
    expect((times[11] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(250_000);
  });

  it("says why when there is no such camera", async () => {
    const absent = { format: "v4l2", device: "/dev/video99" };
    await expect(sensed(camera, absent, context(mouth))).rejects.toThrow(SensorError);
  });
});

describe("sensors that need ffmpeg", () => {
  it.each([
    ["microphone", microphone, sound],
    ["camera", camera, mouth],
  ])("say how to get it when it is not there: %s", async (_name, kind, description) => {
    vi.stubEnv("PATH", folder);
    const run = sensed(kind, { format: "lavfi", device: "any" }, context(description));
    await expect(run).rejects.toThrow(SensorError);
    await expect(run).rejects.toThrow("apt-get install ffmpeg");
    expect(await kind.probe()).toMatchObject({ works: false });
  });

  it("open files and the addresses we know, nothing else", () => {
    expect(inputArguments({ source: "a b.mp4" })).toEqual([
      ..."-re -protocol_whitelist file,pipe -i".split(" "),
      "a b.mp4",
    ]);
    expect(inputArguments({ source: "rtsp://10.0.0.1/x" })).not.toContain("-re");
    for (const source of ["concat:/etc/passwd", "subfile,,start,0:x", "constructor:x"])
      expect(() =>
        inputArguments({ source: source.replace("subfile,,start,0", "subfile") }),
      ).toThrow(ConfigError);
  });

  it("refuse streams and options that they cannot serve", async () => {
    await expect(sensed(microphone, {}, context(mouth))).rejects.toThrow(ConfigError);
    await expect(sensed(camera, {}, context(sound))).rejects.toThrow(ConfigError);
    expect(() => camera.create({ crop: [0.5, 0, 0.6, 1] })).toThrow(ConfigError);
    expect(() => microphone.create({ volume: 3 })).toThrow("got volume");
  });
});

describe("SoundStamps", () => {
  const block = millis(10);
  /** Stamps of blocks that arrive at these times (ms), in blocks. */
  const stampsOf = (arrivals: readonly number[]) => {
    const stamps = new SoundStamps(micros(3_000), block);
    return arrivals.map((ms) => {
      const time = stamps.stamp(millis(ms));
      return time === undefined ? undefined : (time - 3_000) / block;
    });
  };

  it("spaces blocks evenly on the lattice, however they burst", () => {
    const arrivals = Array.from({ length: 400 }, (_, i) => Math.ceil((i + 1) / 4) * 40 + 1_003);
    const stamps = stampsOf(arrivals);
    const settled = stamps.slice(8);
    expect(settled).toEqual(settled.map((_, index) => (settled[0] ?? 0) + index));
    // Block 399 was sensed from 4990 ms on and arrived at 5003 ms with its whole burst.
    expect(Math.abs((stamps[399] ?? 0) - 499)).toBeLessThanOrEqual(2);
  });

  it("skips a stamp when our clock runs faster than the sound's, and no more often than needed", () => {
    const arrivals = Array.from({ length: 10_000 }, (_, i) => 1_000 + i * 10 * 1.000_5);
    const stamps = stampsOf(arrivals).map((stamp) => stamp ?? Number.NaN);
    const skips = stamps.filter((stamp, i) => i > 0 && stamp !== (stamps[i - 1] ?? 0) + 1);
    expect(skips.length).toBeGreaterThan(2);
    expect(skips.length).toBeLessThanOrEqual(6);
    for (const [i, stamp] of stamps.entries())
      expect(Math.abs(stamp * 10 + 3 - (1_000 + i * 10 * 1.000_5 - 10))).toBeLessThan(30);
  });

  it("leaves a block out when our clock runs slower", () => {
    const arrivals = Array.from({ length: 10_000 }, (_, i) => 1_000 + i * 10 * 0.999_5);
    const stamps = stampsOf(arrivals);
    const left = stamps.filter((stamp) => stamp === undefined).length;
    expect(left).toBeGreaterThan(2);
    expect(left).toBeLessThanOrEqual(6);
    const kept = stamps.flatMap((stamp) => (stamp === undefined ? [] : [stamp]));
    expect(kept).toEqual(kept.map((_, index) => (kept[0] ?? 0) + index));
  });

  it("finds back within a second when the device was away", () => {
    const arrivals = Array.from({ length: 300 }, (_, i) => 1_000 + i * 10 + (i >= 100 ? 5_000 : 0));
    const stamps = stampsOf(arrivals);
    expect(Math.abs((stamps[210] ?? 0) * 10 + 3 - (1_000 + 2_100 + 5_000 - 10))).toBeLessThan(20);
  });
});

describe("the text sensor", () => {
  const now = micros(5_000_000);

  it.each([
    ["bin", { text: "bin", duration: 400_000, time: now }],
    ["  two words ", { text: "two words", duration: 400_000, time: now }],
    ['{"text":"blue","time":7,"duration":9}', { text: "blue", duration: 9, time: 7 }],
    ['{"text":"blue"}', { text: "blue", duration: 400_000, time: now }],
    ["", "none"],
    ["   ", "none"],
    ["{text}", "wrong"],
    ['{"time":7}', "wrong"],
    ['{"text":"x","time":"now"}', "wrong"],
    ['{"text":"x","duration":-1}', "wrong"],
  ])("reads the line %j", (line, expected) => {
    expect(parseLine(line, now, millis(400))).toEqual(expected);
  });

  it("gives the captions of its input and ends with it", async () => {
    const told = { ...context(words), clock: new DrivenClock(now) };
    const input = Readable.from(["bin\nbl", 'ue\r\n{"text":"at","time":3}\n{oops\n', "f"]);
    const complaints = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const seen: string[] = [];
    for await (const { originTime, payload } of captions(input, millis(400), told))
      seen.push(`${originTime} ${Buffer.from(payload)}`);
    expect(complaints).toHaveBeenCalledWith("text: expected a caption as JSON, got {oops\n");
    complaints.mockRestore();
    expect(seen).toEqual([
      '5000000 {"text":"bin","duration":400000}',
      '5000000 {"text":"blue","duration":400000}',
      '3 {"text":"at","duration":400000}',
      '5000000 {"text":"f","duration":400000}',
    ]);
  });

  it("stops when it is told to, and says so when its file is not there", async () => {
    const leave = new AbortController();
    const told = context(words, leave.signal);
    const endless = new Readable({ read() {} });
    const reading = captions(endless, millis(1), told)[Symbol.asyncIterator]().next();
    leave.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    const { text } = await import("../../sensors/text.ts");
    await expect(sensed(text, { file: join(folder, "absent") }, context(words))).rejects.toThrow(
      SensorError,
    );
    await writeFile(join(folder, "lines"), "a\nb\n");
    expect(await sensed(text, { file: join(folder, "lines") }, context(words))).toHaveLength(2);
  });
});
