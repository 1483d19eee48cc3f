import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Push } from "zeromq";
import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import { readingLine } from "../../src/pipeline/readingLine.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { micros, seconds } from "../../src/units.ts";
import { encodeChunk } from "../../src/wire/encodeMessage.ts";
import { talkingFace } from "../support/talkingFace.ts";

/**
 * Everything a stranger may push at a pipeline: noise, halves, wrong shapes, a clock an hour ahead.
 *
 * @param turn Numbers the frames that are well formed, or they would only be duplicates.
 */
function hostileMessages(now: number, turn: number): (readonly Uint8Array[])[] {
  const rng = Rng.fromSeed(7);
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => rng.int(0, 256));
  const block = {
    site: "desk",
    stream: "audio",
    epoch: 99,
    firstSequence: turn,
    dtype: "i16",
    payload: new Uint8Array(320),
  } as const;
  const whole = encodeChunk({ ...block, shape: [160], originTimes: [micros(now)] });
  return [
    [bytes(40)],
    [bytes(10), bytes(200), bytes(1_000)],
    ...[0, 1, 2].map((part) => whole.map((each, at) => (at === part ? each.subarray(0, 5) : each))),
    encodeChunk({ ...block, shape: [80, 2], originTimes: [micros(now)] }),
    encodeChunk({ ...block, stream: "smell", shape: [160], originTimes: [micros(now)] }),
    encodeChunk({ ...block, shape: [160], originTimes: [micros(now + seconds(3_600))] }),
  ];
}

async function readings(
  mischief: (run: PipelineRun) => Promise<void>,
): Promise<{ readonly readings: string; readonly run: PipelineRun }> {
  await using run = await talkingFace();
  const said = createHash("sha256");
  run.moments.subscribe(({ reading }) => said.update(readingLine(reading)));
  await mischief(run);
  await run.go();
  return { readings: said.digest("hex"), run };
}

describe("a pipeline whose socket strangers push at", { timeout: 120_000 }, () => {
  it("counts each message by its reason, says so on the chip, and answers as if nothing had come", async () => {
    const quiet = await readings(async () => undefined);
    const loud = await readings(async (run) => {
      const push = new Push({ linger: 0 });
      push.connect(run.endpoint);
      const attack = async (turn: number): Promise<void> => {
        for (const message of hostileMessages(run.now(), turn)) await push.send([...message]);
      };
      for (let turn = 0; turn < 5; turn++) await attack(turn);
      run.moments.subscribe({
        next: ({ frameset }) => {
          if (frameset.index % 100 === 0) void attack(frameset.index + 5);
        },
        complete: () => push.close(),
      });
    });
    expect(loud.readings).toBe(quiet.readings);
    const audio = loud.run.streams().find(({ stream }) => stream === "audio");
    for (const reason of ["header", "payload", "shape", "future"])
      expect(audio?.counters[reason], reason).toBeGreaterThanOrEqual(5);
    expect(audio?.problem).toMatch(/expected/);
    expect(quiet.run.streams().every(({ counters }) => Object.keys(counters).length === 0)).toBe(
      true,
    );
  });
});
