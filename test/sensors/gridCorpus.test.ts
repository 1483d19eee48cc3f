import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { timeline } from "../../sensors/grid/timeline.ts";
import { gridCorpus, gridTruth } from "../../sensors/gridCorpus.ts";
import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { ConfigError, ModelError } from "../../src/errors.ts";
import { decodeMuLaw } from "../../src/features/muLaw.ts";
import { borrowNumbers } from "../../src/frames/DType.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { SensedFrame, SensorContext } from "../../src/pipeline/Sensor.ts";
import { hertz, micros, millis, seconds } from "../../src/units.ts";
import { writeGridFiles } from "../support/gridFiles.ts";
import { text } from "../wire/support.ts";

const audio: StreamDescription = {
  ...text,
  stream: "audio",
  modality: "audio",
  dtype: "i16",
  shape: [160],
  rate: hertz(100),
};
const video: StreamDescription = {
  ...text,
  stream: "video",
  modality: "video",
  dtype: "u8",
  shape: [20, 28],
  rate: hertz(25),
};
const origin = micros(7_000_000);
let directory: string;

function context(description: StreamDescription, from = 0, repeat?: number): SensorContext {
  return {
    description,
    clock: new DrivenClock(origin),
    origin,
    from: micros(origin + from),
    ...(repeat === undefined ? {} : { repeat: micros(repeat) }),
    signal: new AbortController().signal,
  };
}

/** The frames of three made-up sentences, timed from the start of the line. */
async function frames(
  told: SensorContext,
  count = Number.POSITIVE_INFINITY,
  options: object = {},
): Promise<SensedFrame[]> {
  const sensor = gridCorpus.create({ directory, sentences: 3, seed: 5, ...options });
  const taken: SensedFrame[] = [];
  for await (const { originTime, payload } of sensor.frames(told)) {
    taken.push({ originTime: micros(originTime - origin), payload });
    if (taken.length >= count) break;
  }
  return taken;
}

/** A frame as one text, quick to compare. */
function shown({ originTime, payload }: SensedFrame): string {
  return `${originTime} ${Buffer.from(payload).toString("base64")}`;
}

const segments = timeline({ sentences: 3, sentenceLength: seconds(3), seed: 5 });
const starts = segments.filter(({ sentence }) => sentence !== undefined);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "grid-"));
  await writeGridFiles(directory, "dev", 3);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("the GRID corpus sensor", () => {
  it("gives unbroken sound, each sentence where the line has it", async () => {
    const blocks = await frames(context(audio));
    expect(blocks.map(({ originTime }) => originTime)).toEqual(
      blocks.map((_, index) => index * 10_000),
    );
    expect(blocks).toHaveLength((segments.at(-1)?.to ?? 0) / 10_000);
    for (const { from, to, sentence = 0 } of starts) {
      const [level] = decodeMuLaw(Uint8Array.of(200 + sentence));
      for (const at of [from, to - 10_000]) {
        const block = blocks[at / 10_000]?.payload ?? new Uint8Array(0);
        expect(new Set(borrowNumbers(block, "i16"))).toEqual(new Set([level]));
      }
    }
  });

  it("gives unbroken pictures, each sentence where the line has it, faces turning in the gaps", async () => {
    const pictures = await frames(context(video));
    expect(pictures.map(({ originTime }) => originTime)).toEqual(
      pictures.map((_, index) => index * 40_000),
    );
    const greyAt = (at: number) => pictures[at / 40_000]?.payload[0] ?? 0;
    for (const { from, to, sentence = 0 } of starts) {
      expect(greyAt(from)).toBe(50 + 10 * sentence);
      expect(greyAt(to - 40_000)).toBe(50 + 10 * sentence);
    }
    const gap = segments.find(({ index, sentence }) => index > 0 && sentence === undefined);
    if (gap === undefined) throw new Error("the seed gives no gap");
    const before = greyAt(gap.from - 40_000);
    const middle = greyAt(gap.from + 40_000 * Math.floor((gap.to - gap.from) / 80_000));
    expect(middle).toBeGreaterThanOrEqual(before - 2);
    expect(middle).toBeLessThanOrEqual(before + 12);
  });

  it("gives the words as captions at their onsets, as the truth has them", async () => {
    const captions = await frames(context(text));
    const { labels, duration, sentences } = await gridTruth({ directory, split: "dev", seed: 5 });
    expect(sentences).toBe(3);
    expect(duration).toBe(segments.at(-1)?.to);
    expect(labels.map(({ label, slot }) => `${slot}: ${label}`)).toEqual(
      Array.from({ length: 3 }, () => ["command: bin", "digit: two"]).flat(),
    );
    expect(labels[1]).toMatchObject({
      from: (starts[0]?.from ?? 0) + 1_000_000,
      to: (starts[0]?.from ?? 0) + 1_500_000,
      by: "truth",
    });
    expect(
      captions.map(({ originTime, payload }) => [originTime, Buffer.from(payload).toString()]),
    ).toEqual(
      labels.map(({ label, from, to }) => [
        from,
        JSON.stringify({ text: label, duration: to - from }),
      ]),
    );
  });

  it.each([
    ["sound", audio],
    ["pictures", video],
    ["words", text],
  ])(
    "joins its %s in the middle with the very frames it would have given",
    async (_what, stream) => {
      const whole = await frames(context(stream));
      for (const from of [15_000, 700_000, 3_333_333, 7_000_000]) {
        const expected = whole.filter(({ originTime }) => originTime >= from).slice(0, 150);
        const joined = await frames(context(stream, from), 150);
        expect(joined.map(shown)).toEqual(expected.map(shown));
      }
    },
  );

  it("starts over where it repeats", async () => {
    const repeat = segments.at(-1)?.to ?? 0;
    const taken = await frames(context(audio, repeat - 20_000, repeat), 4);
    expect(taken.map(({ originTime }) => originTime - repeat)).toEqual([
      -20_000, -10_000, 0, 10_000,
    ]);
  });

  it("says what is wrong: no arrays, too many sentences, another stream, a broken file", async () => {
    const elsewhere = { directory: join(directory, "absent") };
    await expect(frames(context(audio), 1, elsewhere)).rejects.toThrow(ModelError);
    await expect(frames(context(audio), 1, { sentences: 4 })).rejects.toThrow(ConfigError);
    await expect(gridTruth({ directory, split: "dev", seed: 5, sentences: 4 })).rejects.toThrow(
      "expected at most 3 sentences, got 4",
    );
    await expect(frames(context({ ...audio, shape: [320] }), 1)).rejects.toThrow(ConfigError);
    await expect(frames(context({ ...audio, modality: "sensor" }), 1)).rejects.toThrow(ConfigError);
    expect(() => gridCorpus.create({ directory, sentences: 0 })).toThrow(ConfigError);
    await writeFile(join(directory, "words_broken.npy.gz"), "not gzip");
    await expect(frames(context(text), 1, { split: "broken" })).rejects.toThrow(ModelError);
  });
});

const data = join(process.env["SENSORIUM_DATA"] ?? "../shared/data", "grid_av");

describe("the GRID arrays themselves", () => {
  it.skipIf(!existsSync(data))(
    "stream at low memory, quieter in the gaps than in speech",
    async () => {
      const sensor = gridCorpus.create({ directory: data, sentences: 4, seed: 1 });
      const line = timeline({ sentences: 4, sentenceLength: seconds(3), seed: 1 });
      const { labels } = await gridTruth({ directory: data, split: "dev", sentences: 4, seed: 1 });
      expect(labels).toHaveLength(24);
      expect(labels.slice(0, 6).map(({ slot }) => slot)).toEqual([
        "command",
        "colour",
        "preposition",
        "letter",
        "digit",
        "adverb",
      ]);
      const energy = { word: 0, words: 0, gap: 0, gaps: 0 };
      for await (const { originTime, payload } of sensor.frames(context(audio))) {
        const at = originTime - origin;
        const rms = Math.sqrt(
          borrowNumbers(payload, "i16").reduce((sum, value) => sum + value * value, 0) / 160,
        );
        if (labels.some(({ from, to }) => from <= at && at + millis(10) <= to)) {
          energy.word += rms;
          energy.words++;
        }
        if (
          line.some(({ from, to, sentence }) => sentence === undefined && from <= at && at < to)
        ) {
          energy.gap += rms;
          energy.gaps++;
        }
      }
      const gap = energy.gap / energy.gaps;
      expect(gap).toBeGreaterThan(20);
      expect(gap).toBeLessThan(0.15 * (energy.word / energy.words));
    },
  );

  it("lays four other sentences under each one, the same for the same seed, and leaves the gaps alone", async () => {
    await writeGridFiles(directory, "noisy", 6);
    const noisy = { split: "noisy", sentences: 6 };
    const clean = await frames(context(audio), undefined, noisy);
    const mixed = await frames(context(audio), undefined, { ...noisy, babbleDb: 0 });
    const again = await frames(context(audio), undefined, { ...noisy, babbleDb: 0 });
    expect(again.map(shown)).toEqual(mixed.map(shown));
    const line = timeline({ sentences: 6, sentenceLength: seconds(3), seed: 5 });
    for (const [index, { originTime, payload }] of mixed.entries()) {
      const speaks = line.some(
        ({ from, to, sentence }) => sentence !== undefined && from <= originTime && originTime < to,
      );
      const same = Buffer.from(payload).equals(Buffer.from(clean[index]?.payload ?? []));
      expect(same).toBe(!speaks);
    }
    const alone = gridCorpus.create({ directory, sentences: 3, seed: 5, babbleDb: 0 });
    const first = alone.frames(context(audio))[Symbol.asyncIterator]();
    await expect(
      (async () => {
        for (let next = await first.next(); !next.done; next = await first.next());
      })(),
    ).rejects.toThrow("babble needs 5 sentences, got 3");
  });
});
