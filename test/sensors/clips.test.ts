import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { actionClips, actionTruth } from "../../sensors/actionClips.ts";
import { clipLine, placesOn } from "../../sensors/clips/clipLine.ts";
import { digitTruth, digitTuples } from "../../sensors/digitTuples.ts";
import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { ConfigError, ModelError } from "../../src/errors.ts";
import { borrowNumbers, type DType } from "../../src/frames/DType.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { SensedFrame, SensorKind } from "../../src/pipeline/Sensor.ts";
import { hertz, micros, millis } from "../../src/units.ts";
import { npy } from "../support/gridFiles.ts";
import { text } from "../wire/support.ts";

const origin = micros(9_000_000);
let actions: string;
let digits: string;

beforeAll(async () => {
  actions = await mkdtemp(join(tmpdir(), "sensorium-actions-"));
  digits = await mkdtemp(join(tmpdir(), "sensorium-digits-"));
  const write = (folder: string, name: string, bytes: Uint8Array): Promise<void> =>
    writeFile(join(folder, `${name}_dev.npy.gz`), gzipSync(bytes, { level: 1 }));
  // Two clips of 2 s and 3 s: clip n holds n + 1, its skeleton climbs from 0 to 2000 steps.
  const inertial = new Int16Array(250 * 6).map((_, i) => (i < 600 ? 1_000 : 2_000));
  const skeleton = new Int16Array(100 * 60).map((_, i) => {
    const row = Math.floor(i / 60);
    return row < 40 ? (2_000 * row) / 39 : (2_000 * (row - 40)) / 59;
  });
  const depth = new Uint8Array(50 * 4_800).map((_, i) => (i < 20 * 4_800 ? 1 : 2));
  await Promise.all([
    write(actions, "inertial", npy("<i2", [250, 6], inertial)),
    write(actions, "inertial_offsets", npy("<i4", [3], Int32Array.of(0, 100, 250))),
    write(actions, "skeleton", npy("<i2", [100, 20, 3], skeleton)),
    write(actions, "skeleton_offsets", npy("<i4", [3], Int32Array.of(0, 40, 100))),
    write(actions, "depth", npy("|u1", [50, 60, 80], depth)),
    write(actions, "depth_offsets", npy("<i4", [3], Int32Array.of(0, 20, 50))),
    write(actions, "label", npy("|u1", [2], Uint8Array.of(1, 0))),
    writeFile(join(actions, "meta.json"), JSON.stringify({ label_names: ["wave", "clap"] })),
    // One writing of a 7, one other sheet, half a second of a tone.
    write(digits, "pairs", npy("<i4", [2, 4], Int32Array.of(7, 0, 0, 0, 7, 0, 0, 0))),
    write(
      digits,
      "pen_traj",
      npy(
        "|u1",
        [1, 100, 3],
        new Uint8Array(300).map((_, i) => (i % 3 === 2 ? 255 : i / 3)),
      ),
    ),
    write(digits, "pen_image", npy("|u1", [1, 28, 28], new Uint8Array(784).fill(9))),
    write(digits, "mnist_image", npy("|u1", [1, 28, 28], new Uint8Array(784).fill(8))),
    write(digits, "speech_pcm", npy("<i2", [4_000], new Int16Array(4_000).fill(5_000))),
    write(digits, "speech_offsets", npy("<i4", [2], Int32Array.of(0, 4_000))),
    writeFile(join(digits, "meta.json"), JSON.stringify({ label_names: ["0"] })),
  ]);
});
afterAll(async () => {
  await rm(actions, { recursive: true, force: true });
  await rm(digits, { recursive: true, force: true });
});

async function framesOf(
  kind: SensorKind,
  options: Readonly<Record<string, unknown>>,
  stream: { name: string; dtype: DType; shape: number[]; rate: number },
  from = 0,
): Promise<SensedFrame[]> {
  const description: StreamDescription = {
    ...text,
    stream: stream.name,
    modality: "sensor",
    dtype: stream.dtype,
    shape: stream.shape,
    rate: hertz(stream.rate),
  };
  const frames: SensedFrame[] = [];
  const sensor = kind.create(options);
  for await (const frame of sensor.frames({
    description,
    clock: new DrivenClock(origin),
    origin,
    from: micros(origin + from),
    signal: new AbortController().signal,
  }))
    frames.push(frame);
  return frames;
}

describe("clipLine", () => {
  const options = {
    lengths: [millis(400), millis(600), millis(800)],
    count: 3,
    gap: [millis(100), millis(300)] as const,
    step: millis(100),
    seed: 4,
  };

  it("lays clips in a drawn order with gaps within bounds, the same for each who asks", () => {
    const { clips, length } = clipLine(options);
    expect(clipLine(options)).toEqual({ clips, length });
    expect(clips.map(({ clip }) => clip).sort()).toEqual([0, 1, 2]);
    let at = 0;
    for (const { clip, from, to } of clips) {
      expect(from - at).toBeGreaterThanOrEqual(100_000);
      expect(from - at).toBeLessThanOrEqual(300_000);
      expect(to - from).toBe(options.lengths[clip]);
      at = to;
    }
    expect(length).toBe(at + 300_000);
  });

  it("tells of an instant which clip it lies in and how far, or between which two", () => {
    const clips = [
      { clip: 5, from: millis(100), to: millis(300) },
      { clip: 6, from: millis(400), to: millis(600) },
    ];
    const placeAt = placesOn(clips, millis(800));
    expect(placeAt(50_000)).toEqual({ after: 5, progress: 0.5 });
    expect(placeAt(100_000)).toEqual({ clip: 5, progress: 0 });
    expect(placeAt(200_000)).toEqual({ clip: 5, progress: 0.5 });
    expect(placeAt(325_000)).toEqual({ before: 5, after: 6, progress: 0.25 });
    expect(placeAt(700_000)).toEqual({ before: 6, progress: 0.5 });
  });

  it("refuses more clips than there are", () => {
    expect(() => clipLine({ ...options, count: 4 })).toThrow(ConfigError);
  });
});

describe("actionClips", () => {
  const INERTIAL = { name: "inertial", dtype: "f32" as const, shape: [6], rate: 50 };

  it("agrees with its truth, sensor by sensor, by fractions of each clip", async () => {
    const options = { directory: actions, split: "dev", clips: 2, seed: 3 };
    const { labels, duration } = await actionTruth(options);
    expect(labels.map(({ label }) => label).sort()).toEqual(["clap", "wave"]);
    const inertial = await framesOf(actionClips, options, INERTIAL);
    const skeleton = await framesOf(actionClips, options, {
      name: "skeleton",
      dtype: "f32",
      shape: [20, 3],
      rate: 20,
    });
    const depth = await framesOf(actionClips, options, {
      name: "depth",
      dtype: "u8",
      shape: [60, 80],
      rate: 10,
    });
    expect(inertial).toHaveLength(Math.ceil((duration * 50) / 1e6));
    // Clips begin between two frames, so each sensor has its own middle.
    const frameAfter = (frames: readonly SensedFrame[], time: number) => {
      const frame = frames.find(({ originTime }) => originTime >= origin + time);
      const { payload = new Uint8Array(), originTime = origin } = frame ?? {};
      return { payload, time: originTime - origin };
    };
    for (const { label, from, to } of labels) {
      const middle = (from + to) / 2;
      const clip = label === "clap" ? 0 : 1;
      expect(to - from).toBe(clip === 0 ? 2e6 : 3e6);
      const [g = 0, , , turn = 0] = borrowNumbers(frameAfter(inertial, middle).payload, "f32");
      expect(g).toBeCloseTo(0.5 * (clip + 1), 4);
      expect(turn).toBeCloseTo(50 * (clip + 1), 2);
      // As far through the clip the skeleton is as far up, however many frames it has; to half a millimetre,
      // which is a step of the array.
      const { payload, time } = frameAfter(skeleton, middle);
      expect(time - middle).toBeLessThan(50_000);
      expect(borrowNumbers(payload, "f32")[0]).toBeCloseTo((time - from) / (to - from), 3);
      expect(frameAfter(depth, middle).payload[0]).toBe(clip + 1);
    }
  });

  it("joins in the middle with what it would have given", async () => {
    const options = { directory: actions, split: "dev", clips: 2, seed: 3 };
    const all = await framesOf(actionClips, options, { ...INERTIAL, name: "inertial" });
    const late = await framesOf(actionClips, options, INERTIAL, 1_000_000);
    expect(late[0]?.originTime).toBe(origin + 1_000_000);
    expect(late).toHaveLength(all.length - 50);
  });

  it("says what it needs", async () => {
    const options = { directory: actions, split: "dev", clips: 2, seed: 3 };
    await expect(framesOf(actionClips, options, { ...INERTIAL, shape: [3] })).rejects.toThrow(
      /expected f32 \[6\] of actionClips, got f32 \[3\]/,
    );
    await expect(framesOf(actionClips, options, { ...INERTIAL, name: "sound" })).rejects.toThrow(
      /expected one of inertial, skeleton, depth/,
    );
    await expect(actionTruth({ ...options, clips: 3 })).rejects.toThrow(ConfigError);
    await expect(actionTruth({ ...options, split: "none" })).rejects.toThrow(ModelError);
  });
});

describe("digitTuples", () => {
  it("writes, shows and says a digit at once, and nothing between two", async () => {
    const options = { directory: digits, split: "dev", clips: 2, seed: 3 };
    const { labels } = await digitTruth(options);
    expect(labels.map(({ label, slot }) => [label, slot])).toEqual([
      ["7", "digit"],
      ["7", "digit"],
    ]);
    const strokes = await framesOf(digitTuples, options, {
      name: "strokes",
      dtype: "u8",
      shape: [3],
      rate: 100,
    });
    const scan = await framesOf(digitTuples, options, {
      name: "scan",
      dtype: "u8",
      shape: [28, 28],
      rate: 25,
    });
    const speech = await framesOf(digitTuples, options, {
      name: "speech",
      dtype: "i16",
      shape: [160],
      rate: 100,
    });
    const { from, to } = labels[0] ?? { from: 0, to: 0 };
    const within = (frames: readonly SensedFrame[]) =>
      frames.filter(({ originTime }) => originTime >= origin + from && originTime < origin + to);
    expect(within(strokes)).toHaveLength(80);
    expect(within(strokes)[40]?.payload[0]).toBeCloseTo(49.5, -1);
    expect(within(scan).every(({ payload }) => payload[0] === 8)).toBe(true);
    const before = strokes.filter(({ originTime }) => originTime < origin + from);
    expect(before.length).toBeGreaterThan(20);
    expect(before.every(({ payload }) => payload[2] === 0)).toBe(true);
    // Half a second is said, the rest of the 0.8 s is still.
    const said = within(speech).map(
      ({ payload }) => borrowNumbers(payload.slice(), "i16")[80] ?? 0,
    );
    expect(said[25]).toBeGreaterThan(4_900);
    expect(Math.abs(said[60] ?? 0)).toBeLessThan(50);
  });
});
