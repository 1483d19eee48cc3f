import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import bodyActions from "../../pipelines/body-actions/pipeline.ts";
import digits from "../../pipelines/digits/pipeline.ts";
import talkingFaceNow from "../../pipelines/talking-face-now/pipeline.ts";
import { decodeWeights } from "../../src/models/unified/weights.ts";
import { readLines } from "../../src/pipeline/training/readLines.ts";
import { scoreLines } from "../../src/pipeline/training/scoreLines.ts";
import { micros } from "../../src/units.ts";

/** Each with the pipeline whose demo it replays. */
const DEMOS = {
  "body-actions": [bodyActions, "body-actions"],
  digits: [digits, "digits"],
  "talking-face-now": [talkingFaceNow, "talking-face"],
} as const;

describe("the demo recordings that come with the pipelines", () => {
  for (const [name, [definition, demo]] of Object.entries(DEMOS))
    it(`are understood by the committed weights of ${name}, also without the best stream`, async () => {
      const path = new URL(`../../pipelines/${demo}/demo/recording.mcap`, import.meta.url);
      const weights = decodeWeights(await readFile(definition.model.weights), name);
      expect(weights.config.streams.map((stream) => stream.name)).toEqual(
        Object.keys(definition.streams),
      );
      const { lookAheadRows, rowMicros } = weights.config;
      const { lines, unknown } = await readLines(definition, {
        recordings: [fileURLToPath(path)],
        lookAhead: micros(lookAheadRows * rowMicros),
      });
      expect(unknown.size).toBe(0);
      const counted = Object.keys(definition.streams).filter(
        (stream) => !definition.answerStreams.includes(stream),
      );
      const score = await scoreLines(weights, lines.flat(), {
        slots: definition.slots,
        ignored: definition.answerStreams,
      });
      expect(score[counted.join("+")]).toBeGreaterThanOrEqual(0.9);
      expect(Object.keys(score)).toHaveLength(2 ** counted.length - 1);
      // Chance is below 0.27 in all.
      for (const share of Object.values(score)) expect(share).toBeGreaterThan(0.3);
    }, 240_000);

  it("says of talking-face-now that it answers at once", async () => {
    const weights = decodeWeights(await readFile(talkingFaceNow.model.weights), "talking-face-now");
    expect(weights.config.lookAheadRows).toBe(0);
  });
});
