import { expect, it } from "vitest";

import { MOUTH_PIXELS, type SpeechClip } from "../../pipelines/talking-face/corpus/SpeechClip.ts";
import { trainClips } from "../../pipelines/talking-face/train/trainClips.ts";

/** Two seconds of hiss and a grey mouth in which one word is said. */
function clip(name: string): SpeechClip {
  return {
    name,
    speaker: "nobody",
    pcm: Int16Array.from({ length: 32_000 }, (_, i) => (i * 7_919) % 200),
    mouth: Uint8Array.from({ length: 50 * MOUTH_PIXELS }, (_, i) => (i * 31) % 200),
    words: [{ label: "bin", slot: "command", fromMs: 400, toMs: 800 }],
    durationMs: 2_000,
  };
}

it("refuses to give out weights as trained where there is too little for a single batch", {
  timeout: 60_000,
}, async () => {
  const training = trainClips({
    clips: [clip("one"), clip("two")],
    validation: [clip("three")],
    seed: 1,
    epochs: 1,
  });
  await expect(training).rejects.toThrow(
    /train: expected rows for a batch of \d+ stretches or more, got \d/,
  );
});
