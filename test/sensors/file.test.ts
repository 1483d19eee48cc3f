import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { file } from "../../sensors/file.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { ConfigError, SensorError } from "../../src/errors.ts";
import { borrowNumbers } from "../../src/frames/DType.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { SensorContext } from "../../src/pipeline/Sensor.ts";
import { hertz, millis, seconds } from "../../src/units.ts";
import { text as words } from "../wire/support.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const sound: StreamDescription = {
  ...words,
  stream: "sound",
  modality: "audio",
  dtype: "i16",
  shape: [160],
  rate: hertz(100),
  span: millis(10),
};
const picture: StreamDescription = {
  ...words,
  stream: "picture",
  modality: "video",
  dtype: "u8",
  shape: [12, 16],
  rate: hertz(25),
};
const subtitles: StreamDescription = { ...words, stream: "subtitles", modality: "text" };

const context = (
  description: StreamDescription,
  more: Partial<SensorContext> = {},
): SensorContext => ({
  description,
  clock: new SystemClock(),
  origin: seconds(1_000),
  from: seconds(1_000),
  signal: new AbortController().signal,
  ...more,
});

/** All frames: µs since the origin, and the payload. */
async function sensed(options: Record<string, unknown>, told: SensorContext, most = 10_000) {
  const frames: { offset: number; payload: Uint8Array }[] = [];
  for await (const { originTime, payload } of file.create(options).frames(told)) {
    frames.push({ offset: originTime - told.origin, payload: Uint8Array.from(payload) });
    if (frames.length >= most) break;
  }
  return frames;
}

/** When something first is louder or brighter than half, in µs. */
function onset(
  frames: Awaited<ReturnType<typeof sensed>>,
  dtype: "i16" | "u8",
  period: number,
): number {
  const half = dtype === "i16" ? 8_000 : 128;
  for (const { offset, payload } of frames) {
    const values = borrowNumbers(payload, dtype);
    const at = values.findIndex((value) => Math.abs(value) > half);
    if (at >= 0) return offset + (dtype === "i16" ? (at / values.length) * period : 0);
  }
  return Number.NaN;
}

const SUBTITLES = `1
00:00:00,500 --> 00:00:01,250
<i>a beep</i>
and a flash

2
00:00:01,751 --> 00:00:01,900
the end
`;

describe.skipIf(!hasFfmpeg)("the file sensor", { timeout: 180_000 }, () => {
  let folder: string;
  let clip: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sensorium-file-"));
    clip = join(folder, "clip.mkv");
    await writeFile(join(folder, "words.srt"), SUBTITLES);
    // A flash at 1 s; a beep 0.7 s into a sound that begins 0.3 s after the pictures, so at 1 s too.
    const flash = "color=black:s=64x48:r=25:d=2,drawbox=enable='gte(t,0.99)':color=white:t=fill";
    const beep = "aevalsrc='if(between(t,0.7,0.8),cos(2*PI*1000*(t-0.7)),0)':s=48000:d=1.7";
    const made = spawnSync("ffmpeg", [
      ...[
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        flash,
        "-itsoffset",
        "0.3",
        "-f",
        "lavfi",
        "-i",
        beep,
      ],
      ...["-i", join(folder, "words.srt"), "-map", "0", "-map", "1", "-map", "2"],
      ...["-c:v", "ffv1", "-c:a", "pcm_s16le", "-c:s", "srt", clip],
    ]);
    if (made.status !== 0) throw new Error(made.stderr.toString());
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("gives sound within a millisecond of the container's time, and none before it begins", async () => {
    const frames = await sensed({ path: clip }, context(sound));
    expect(frames[0]?.offset).toBe(300_000);
    expect(Math.abs(onset(frames, "i16", 10_000) - 1_000_000)).toBeLessThan(1_000);
    expect(frames.every(({ payload }) => payload.byteLength === 320)).toBe(true);
  });

  it("gives pictures within half a period of theirs", async () => {
    const frames = await sensed({ path: clip }, context(picture));
    expect(frames).toHaveLength(50);
    expect(Math.abs(onset(frames, "u8", 40_000) - 1_000_000)).toBeLessThanOrEqual(20_000);
    const slower = await sensed({ path: clip }, context({ ...picture, rate: hertz(10) }));
    expect(slower.map(({ offset }) => offset % 100_000)).toEqual(slower.map(() => 0));
    expect(Math.abs(onset(slower, "u8", 100_000) - 1_000_000)).toBeLessThanOrEqual(50_000);
  });

  it("gives pictures in colour where the stream has three channels, and a part of them", async () => {
    const colour = { ...picture, shape: [12, 16, 3] };
    const [first] = await sensed({ path: clip, crop: [0.5, 0, 0.5, 1] }, context(colour), 1);
    expect(first?.payload.byteLength).toBe(12 * 16 * 3);
  });

  it("gives subtitles at exactly their times, without markup", async () => {
    const frames = await sensed({ path: clip }, context(subtitles));
    const cues = frames.map(({ offset, payload }) => [
      offset,
      JSON.parse(new TextDecoder().decode(payload)),
    ]);
    expect(cues).toEqual([
      [500_000, { text: "a beep and a flash", duration: 750_000 }],
      [1_751_000, { text: "the end", duration: 149_000 }],
    ]);
  });

  it("joins in the middle of a run, and starts over where it repeats", async () => {
    const late = context(picture, { from: seconds(1_001) });
    expect((await sensed({ path: clip }, late, 1))[0]?.offset).toBe(1_000_000);
    const again = context(picture, { repeat: seconds(2) });
    const frames = await sensed({ path: clip }, again, 51);
    expect(frames[50]?.offset).toBe(2_000_000);
  });

  it("says which tracks a file has when one is asked for that it has not", async () => {
    await expect(sensed({ path: clip, index: 1 }, context(sound))).rejects.toThrow(
      /expected audio track 1 in .*, it has video \(ffv1\), audio \(pcm_s16le\), subtitle \(subrip\)/,
    );
  });

  it("says so when the file is not there or is no media file", async () => {
    await expect(sensed({ path: join(folder, "none.mp4") }, context(sound))).rejects.toThrow(
      /expected a readable file/,
    );
    const noise = join(folder, "noise.mp4");
    await writeFile(noise, "this is no film");
    await expect(sensed({ path: noise }, context(sound))).rejects.toThrow(SensorError);
  });

  it("ends its ffmpeg when it is told to stop", async () => {
    const stop = new AbortController();
    const frames = file.create({ path: clip }).frames(context(sound, { signal: stop.signal }));
    const iterator = frames[Symbol.asyncIterator]();
    await iterator.next();
    stop.abort(new Error("enough"));
    await expect(
      (async () => {
        for (;;) if ((await iterator.next()).done) return;
      })(),
    ).rejects.toThrow("enough");
  });
});

describe("the file sensor's options", () => {
  it("are checked when it is made", () => {
    expect(() => file.create({})).toThrow(ConfigError);
    expect(() => file.create({ path: "a.mp4", track: "smell" })).toThrow(
      /sound or pictures or subtitles/,
    );
    expect(() => file.create({ path: "a.mp4", crop: [0.5, 0, 0.6, 1] })).toThrow(ConfigError);
    expect(() => file.create({ path: "a.mp4", volume: 3 })).toThrow(/got volume/);
  });

  it("must say which track a stream of another modality takes", async () => {
    const strange: StreamDescription = { ...sound, modality: "sensor" };
    await expect(sensed({ path: import.meta.filename }, context(strange))).rejects.toThrow();
  });
});
