import { describe, expect, it } from "vitest";

import {
  type DrawnVoices,
  drawnDigits,
  drawnDigitTruth,
} from "../../../pipelines/digits/generate/drawnDigits.ts";
import digits from "../../../pipelines/digits/pipeline.ts";
import { findProgram } from "../../../src/cli/findProgram.ts";
import { context } from "../../sensors/sensed.ts";

const absent = ["flite", "espeak-ng"].filter((program) => findProgram(program) === undefined);
const skip = absent.length === 0 ? "" : ` (skipped: ${absent.join(", ")} not installed)`;

const DRAWN = { digits: 3, seed: 5 };
const BLOCK = 10_000;

describe.skipIf(absent.length > 0)(`drawn digits said by synthesisers${skip}`, () => {
  it("are said where the digits are, each by somebody else, and the same each time", async () => {
    const { labels } = drawnDigitTruth(DRAWN);
    const sound = await loudness("synthesisers");
    const level = (from: number, to: number): number =>
      Math.max(...sound.slice(Math.ceil(from / BLOCK), Math.floor(to / BLOCK)));
    for (const { from, to } of labels) {
      // Within 50 ms, and not before.
      expect(level(from, from + 250_000)).toBeGreaterThan(300);
      expect(level(from - 200_000, from)).toBeLessThan(20);
      expect(level(to, to + 200_000)).toBeLessThan(20);
    }
    expect(await loudness("synthesisers")).toEqual(sound);
    expect(await loudness("rule")).not.toEqual(sound);
  });
});

/** Root mean square of each 10 ms of what the microphone has. */
async function loudness(voices: DrawnVoices): Promise<number[]> {
  const { speech } = digits.streams;
  if (speech === undefined) throw new Error("expected a stream of speech");
  const levels: number[] = [];
  const frames = drawnDigits.create({ ...DRAWN, voices }).frames(context(speech.description));
  for await (const { payload } of frames) {
    const block = new Int16Array(Uint8Array.from(payload).buffer);
    levels.push(Math.sqrt(block.reduce((sum, value) => sum + value * value, 0) / block.length));
  }
  return levels;
}
