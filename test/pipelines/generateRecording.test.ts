import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { SpeechClip } from "../../pipelines/talking-face/corpus/SpeechClip.ts";
import { fliteVersion } from "../../pipelines/talking-face/generate/flite.ts";
import { planClips } from "../../pipelines/talking-face/generate/generateClips.ts";
import { recordClip } from "../../pipelines/talking-face/generate/recordClip.ts";
import {
  DEMO,
  recordedTexts,
  sentencesOf,
  TRAINING_VOICES,
  UNSEEN_VOICE,
} from "../../pipelines/talking-face/generate/recordingPlans.ts";
import { renderRecording } from "../../pipelines/talking-face/generate/renderRecording.ts";
import { Aligner } from "../../src/align/Aligner.ts";
import { last, window } from "../../src/align/Policy.ts";
import { ConfigError } from "../../src/errors.ts";
import { parseCaption } from "../../src/features/CaptionGrams.ts";
import type { Frameset } from "../../src/frames/Frameset.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import { logInfo } from "../../src/log/logInfo.ts";
import { readLog } from "../../src/log/readLog.ts";
import { hertz, micros, millis, seconds } from "../../src/units.ts";

const COLUMNS = {
  audio: window({ from: millis(-50), to: millis(-10), count: 4, aggregate: "concatenate" }),
  video: last({ maxAge: millis(60) }),
  text: window({ from: millis(-40), to: millis(0), count: "any", aggregate: "last" }),
};

describe.each([DEMO, UNSEEN_VOICE])("the committed recording $name", (plan) => {
  const path = fileURLToPath(
    new URL(`../../pipelines/talking-face/demo/${plan.name}.mcap`, import.meta.url),
  );

  it("says its plan's sentences, and says the truth about them", async () => {
    const info = await logInfo(path);
    expect(info.closed).toBe(true);
    expect(info.labels.map(({ label }) => label)).toEqual(sentencesOf(plan).flat());
    expect(info.labels.every(({ by }) => by === "truth")).toBe(true);
    expect(info.labels.slice(0, 6).map(({ slot }) => slot)).toEqual([
      "command",
      "colour",
      "preposition",
      "letter",
      "digit",
      "adverb",
    ]);
    expect((await stat(path)).size).toBeLessThan(2_000_000);
  });

  it("has sound and a picture at every instant of its grid", async () => {
    const rows = await rowsOf(path);
    const info = await logInfo(path);
    const span = (info.to ?? 0) - (info.from ?? 0);
    expect(rows.length).toBeGreaterThanOrEqual(Math.floor(span / 40_000) - 1);
    // Row 0 is the very start: the sound before it is not on record.
    expect(rows.slice(1, -1).every(({ cells }) => cells["audio"]?.presence === "real")).toBe(true);
    expect(rows.slice(0, -1).every(({ cells }) => cells["video"]?.presence === "real")).toBe(true);
    const captions = rows.flatMap(({ cells }) => {
      const cell = cells["text"];
      return cell === undefined || cell.presence === "missing" ? [] : [parseCaption(cell.payload)];
    });
    expect(captions.map((caption) => caption?.text)).toEqual(sentencesOf(plan).flat());
  });
});

const flite = await fliteVersion();
const skip = flite === "flite-2.2-current Sep 2018" ? "" : " (skipped: needs flite 2.2)";

describe.skipIf(skip !== "")(`the generator${skip}`, () => {
  it("makes the recording that is committed", async () => {
    const clip = await renderRecording(UNSEEN_VOICE);
    const path = fileURLToPath(
      new URL(`../../pipelines/talking-face/demo/${UNSEEN_VOICE.name}.mcap`, import.meta.url),
    );
    const { labels, from = 0 } = await logInfo(path);
    expect(clip.words).toEqual(
      labels.map(({ label, slot, ...span }) => ({
        label,
        slot,
        fromMs: (span.from - from) / 1_000,
        toMs: (span.to - from) / 1_000,
      })),
    );
    const sound = new Uint8Array(clip.pcm.buffer);
    const worst: Record<string, number> = { audio: 0, video: 0 };
    for await (const record of readLog(path, { kinds: ["DATA"] })) {
      if (record.kind !== "DATA" || record.chunk.stream === "text") continue;
      const { stream, firstSequence, payload } = record.chunk;
      const made = stream === "audio" ? sound : clip.mouth;
      const at = firstSequence * payload.length;
      const distance =
        stream === "audio"
          ? farthest(i16Of(payload), i16Of(made.slice(at, at + payload.length)))
          : farthest(payload, made.slice(at, at + payload.length));
      worst[stream] = Math.max(worst[stream] ?? 0, distance);
    }
    // The sine of another machine may round the other way: one step, not more.
    expect(worst["audio"]).toBeLessThanOrEqual(1);
    expect(worst["video"]).toBeLessThanOrEqual(1);
  });
});

describe("the training set", () => {
  it("has neither a sentence of a recording nor the unseen voice", () => {
    const exclude = recordedTexts();
    expect(exclude).toHaveLength(24);
    const plans = planClips({
      sentences: 600,
      seed: 1,
      voices: TRAINING_VOICES,
      exclude,
      varied: true,
    });
    const texts = plans.flatMap(({ sentences }) => sentences.map((words) => words.join(" ")));
    expect(texts).toHaveLength(600);
    expect(texts.filter((text) => exclude.includes(text))).toEqual([]);
    const unseen = UNSEEN_VOICE.turns.map(({ voice }) => voice);
    expect(plans.filter(({ voice }) => unseen.includes(voice))).toEqual([]);
  });
});

describe("recordClip", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sensorium-record-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const options = (name: string) => ({
    path: join(folder, name),
    streams: STREAMS,
    period: millis(40),
    start: seconds(1_000),
    metadata: { seed: "1" },
  });

  it("gives back sound, pictures and words at their times", async () => {
    await recordClip(CLIP, options("one.mcap"));
    const rows = await rowsOf(join(folder, "one.mcap"));
    for (const { cells, time } of rows.slice(1, 10)) {
      const row = (time - seconds(1_000)) / 40_000;
      const [audio, video] = [cells["audio"], cells["video"]];
      if (audio?.presence !== "real" || video?.presence !== "real") throw new Error("missing");
      const samples = new Int16Array(audio.payload.slice().buffer);
      expect(samples).toEqual(CLIP.pcm.slice((row - 1) * 640, row * 640));
      expect(video.payload).toEqual(CLIP.mouth.slice(row * 560, (row + 1) * 560));
    }
    const { labels } = await logInfo(join(folder, "one.mcap"));
    expect(labels).toEqual([
      {
        label: "bin",
        slot: "command",
        by: "truth",
        from: micros(seconds(1_000) + 130_000),
        to: micros(seconds(1_000) + 250_000),
      },
    ]);
  });

  it("logs each frame when a live sensor could have given it, in that order", async () => {
    await recordClip(CLIP, options("five.mcap"));
    const delays: Record<string, Set<number>> = {};
    let before = 0;
    for await (const record of readLog(join(folder, "five.mcap"))) {
      expect(record.logTime).toBeGreaterThanOrEqual(before);
      before = record.logTime;
      if (record.kind !== "DATA") continue;
      const { stream, originTimes, arrivalTime } = record.chunk;
      expect(record.logTime).toBe(arrivalTime);
      delays[stream] ??= new Set();
      delays[stream].add(arrivalTime - (originTimes[0] ?? 0));
    }
    // A block of sound is over 10 ms after its start; 2 ms is the way.
    expect(delays).toEqual({
      audio: new Set([12_000]),
      video: new Set([2_000]),
      text: new Set([2_000]),
    });
  });

  it("writes the same bytes each time", async () => {
    await recordClip(CLIP, options("two.mcap"));
    await recordClip(CLIP, options("three.mcap"));
    const [two, three] = await Promise.all(
      ["two.mcap", "three.mcap"].map((name) => readFile(join(folder, name))),
    );
    expect(two).toEqual(three);
  });

  it("refuses a pipeline without one of its streams", async () => {
    const lacking = { ...options("four.mcap"), streams: STREAMS.slice(0, 2) };
    await expect(recordClip(CLIP, lacking)).rejects.toThrow(ConfigError);
  });
});

async function rowsOf(path: string): Promise<Frameset[]> {
  const aligner = new Aligner({ columns: COLUMNS, skew: millis(100) });
  const rows: Frameset[] = [];
  for await (const record of readLog(path)) rows.push(...aligner.push(record));
  return rows;
}

function i16Of(bytes: Uint8Array): Int16Array {
  return new Int16Array(bytes.slice().buffer);
}

function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = Math.abs(a.length - b.length);
  for (let at = 0; at < a.length; at++)
    most = Math.max(most, Math.abs((a[at] ?? 0) - (b[at] ?? 0)));
  return most;
}

const BASE = { site: "desk", lateness: millis(0), idleTimeout: millis(250) };
const STREAMS: readonly StreamDescription[] = [
  {
    ...BASE,
    stream: "audio",
    modality: "audio",
    dtype: "i16",
    shape: [160],
    rate: hertz(100),
    unit: "PCM",
  },
  {
    ...BASE,
    stream: "video",
    modality: "video",
    dtype: "u8",
    shape: [20, 28],
    rate: hertz(25),
    unit: "grey level",
  },
  {
    ...BASE,
    stream: "text",
    modality: "text",
    dtype: "utf8",
    shape: [],
    rate: "irregular",
    unit: "word",
  },
];

const CLIP: SpeechClip = {
  name: "test",
  speaker: "nobody",
  pcm: Int16Array.from({ length: 640 * 12 }, (_, n) => (n * 37) % 5_000),
  mouth: Uint8Array.from({ length: 560 * 12 }, (_, n) => (n * 31) % 200),
  words: [{ label: "bin", slot: "command", fromMs: 130, toMs: 250 }],
  durationMs: 480,
};
