import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { SLOT_NAMES, SLOTS } from "../../pipelines/talking-face/corpus/grammar.ts";
import type { SpeechClip } from "../../pipelines/talking-face/corpus/SpeechClip.ts";
import { fliteVersion, speak } from "../../pipelines/talking-face/generate/flite.ts";
import {
  type GenerateOptions,
  generateClips,
} from "../../pipelines/talking-face/generate/generateClips.ts";
import { textOf, timesOf } from "../../pipelines/talking-face/generate/pronunciations.ts";

const flite = await fliteVersion();
const skip = flite === undefined ? " (skipped: flite is not installed)" : "";

describe.skipIf(flite === undefined)(`speech by flite${skip}`, () => {
  let cache: string;
  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), "sensorium-clips-"));
  });
  afterAll(async () => {
    await rm(cache, { recursive: true, force: true });
  });

  it("finds every word of the grammar in what each voice says, in every slot", async () => {
    for (const voice of ["kal16", "awb", "rms", "slt"])
      for (const [index, letter] of SLOTS.letter.entries()) {
        if (index % 5 !== 0 && voice !== "kal16") continue;
        const words = SLOT_NAMES.map((name) => {
          const list: readonly string[] = SLOTS[name];
          return name === "letter" ? letter : (list[index % list.length] ?? "");
        });
        const { phones } = await speak(textOf(words), { voice });
        const times = timesOf(words, phones);
        expect(times.map(({ label }) => label)).toEqual(words);
      }
  });

  it("puts a hiss where the phones say: the energy above 4 kHz of the s in six", async () => {
    for (const voice of ["kal16", "awb", "rms", "slt"]) {
      const { pcm, phones } = await speak("set blue at f six now", { voice });
      const hisses = phones.filter(({ phone }) => phone === "s");
      expect(hisses.length).toBe(3);
      const [first] = hisses;
      // Middle of the hiss against the vowel right behind it.
      const middle = ((first?.fromMs ?? 0) + (first?.toMs ?? 0)) / 2;
      const vowel = phones[phones.indexOf(first ?? { phone: "", fromMs: 0, toMs: 0 }) + 1];
      const inVowel = ((vowel?.fromMs ?? 0) + (vowel?.toMs ?? 0)) / 2;
      expect(roughness(pcm, middle)).toBeGreaterThan(4 * roughness(pcm, inVowel));
    }
  });

  it("gives clips whose parts fit: sound, pictures, six words in order, quiet around them", async () => {
    for (const clip of await generateClips(optionsIn(cache))) {
      expect(clip.durationMs % 40).toBe(0);
      expect(clip.pcm.length).toBe(16 * clip.durationMs);
      expect(clip.mouth.length).toBe((clip.durationMs / 40) * 560);
      expect(clip.words.map(({ slot }) => slot)).toEqual(SLOT_NAMES);
      for (const [index, word] of clip.words.entries()) {
        expect(word.toMs).toBeGreaterThan(word.fromMs);
        expect(word.fromMs).toBeGreaterThanOrEqual(clip.words[index - 1]?.toMs ?? 100);
        expect(word.toMs).toBeLessThan(clip.durationMs);
      }
      const [from, to] = [clip.words[0]?.fromMs ?? 0, clip.words[5]?.toMs ?? 0];
      const loudness = (startMs: number, endMs: number): number => rms(clip.pcm, startMs, endMs);
      expect(loudness(from, to)).toBeGreaterThan(2.5 * loudness(0, from - 80));
    }
  });

  it("opens the mouth where the voice is: pictures move more in speech than in quiet", async () => {
    for (const clip of await generateClips(optionsIn(cache))) {
      const [from, to] = [clip.words[0]?.fromMs ?? 0, clip.words[5]?.toMs ?? 0];
      expect(motion(clip, from, to)).toBeGreaterThan(1.2 * motion(clip, 0, from - 150));
    }
  });

  it("renders the same clips from the same seed, whatever was rendered before", async () => {
    const once = await generateClips(optionsIn(cache));
    const again = await generateClips({ ...optionsIn(join(cache, "elsewhere")) });
    expect(again).toEqual(once);
    expect(await generateClips(optionsIn(cache))).toEqual(once);
    const other = await generateClips({ ...optionsIn(cache), seed: 12 });
    expect(other.map(({ words }) => words)).not.toEqual(once.map(({ words }) => words));
  });
});

function optionsIn(cache: string): GenerateOptions {
  return { sentences: 4, seed: 11, voices: ["kal16", "rms", "awb"], varied: true, cache };
}

/** Mean square of the differences of differences: energy that grows with the fourth power of pitch. */
function roughness(pcm: Int16Array, ms: number): number {
  const centre = Math.round(ms * 16);
  let [rough, all] = [0, 1];
  for (let n = centre - 160; n < centre + 160; n++) {
    const bend = (pcm[n + 1] ?? 0) - 2 * (pcm[n] ?? 0) + (pcm[n - 1] ?? 0);
    rough += bend * bend;
    all += (pcm[n] ?? 0) ** 2;
  }
  return rough / all;
}

function rms(pcm: Int16Array, fromMs: number, toMs: number): number {
  const part = pcm.subarray(fromMs * 16, toMs * 16);
  return Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length);
}

function motion({ mouth }: SpeechClip, fromMs: number, toMs: number): number {
  const [first, last] = [Math.ceil(fromMs / 40), Math.floor(toMs / 40)];
  let sum = 0;
  for (let at = (first + 1) * 560; at < last * 560; at++)
    sum += Math.abs((mouth[at] ?? 0) - (mouth[at - 560] ?? 0));
  return sum / (last - first - 1);
}
