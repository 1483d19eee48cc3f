import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filter, firstValueFrom } from "rxjs";
import { describe, expect, it } from "vitest";

import { readRecordedFrames, recordingStart } from "../../src/pipeline/readRecording.ts";
import { talkingFace } from "../support/talkingFace.ts";

const DEMO = fileURLToPath(
  new URL("../../pipelines/talking-face/demo/recording.mcap", import.meta.url),
);
const SCRIPT = fileURLToPath(new URL("../../sensors/examples/publisher.py", import.meta.url));

/** A Python that has both modules; distributions put them beside their own. */
const python = ["python3", "/usr/bin/python3"].find(
  (path) => spawnSync(path, ["-c", "import zmq, msgpack"]).status === 0,
);
if (python === undefined)
  process.stderr.write(
    "skipped: no python3 with zmq and msgpack; install python3-zmq, python3-msgpack\n",
  );

/** The demo's sound as a WAV file: 16 kHz, mono, 16 bits. */
async function demoSound(path: string): Promise<void> {
  const blocks: Uint8Array[] = [];
  const from = await recordingStart(DEMO);
  for await (const { payload } of readRecordedFrames({ path: DEMO, stream: "audio", from }))
    blocks.push(payload);
  const pcm = Buffer.concat(blocks);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + pcm.byteLength, 4);
  head.write("WAVEfmt ", 8);
  for (const [offset, value] of [
    [16, 16],
    [24, 16_000],
    [28, 32_000],
    [40, pcm.byteLength],
  ] as const)
    head.writeUInt32LE(value, offset);
  for (const [offset, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    head.writeUInt16LE(value, offset);
  head.write("data", 36);
  await writeFile(path, Buffer.concat([head, pcm]));
}

describe.skipIf(python === undefined)("a sensor written in Python", { timeout: 90_000 }, () => {
  it("takes the place of the microphone: words are found by its sound alone", async () => {
    const folder = await mkdtemp(join(tmpdir(), "publisher-"));
    const sound = join(folder, "demo.wav");
    await demoSound(sound);
    let publisher: ChildProcess | undefined;
    await using run = await talkingFace({
      pace: "realtime",
      loop: true,
      without: ["audio", "video", "text"],
    });
    const word = firstValueFrom(
      run.events.pipe(
        filter((spans) =>
          spans.some(
            ({ state, score, modalities }) =>
              state === "final" && score > 0.5 && modalities.join() === "audio",
          ),
        ),
      ),
    );
    const ended = run.go();
    try {
      publisher = spawn(python ?? "", [SCRIPT, run.endpoint, sound], { stdio: "ignore" });
      expect(await word).not.toEqual([]);
      const audio = run.streams().find(({ stream }) => stream === "audio");
      expect(audio).toMatchObject({ state: "live", pluggable: false });
    } finally {
      publisher?.kill("SIGKILL");
      await run[Symbol.asyncDispose]();
      await ended;
      await rm(folder, { recursive: true });
    }
  });
});
