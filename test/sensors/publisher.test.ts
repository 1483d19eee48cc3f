import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import { borrowNumbers } from "../../src/frames/DType.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import { hertz, millis } from "../../src/units.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { Collected } from "../wire/support.ts";

const audio: StreamDescription = {
  site: "desk",
  stream: "audio",
  modality: "audio",
  dtype: "i16",
  shape: [160],
  rate: hertz(100),
  span: millis(10),
  unit: "PCM",
  lateness: millis(0),
  idleTimeout: millis(250),
};

/** A Python that has both modules; distributions put them beside their own. */
const python = ["python3", "/usr/bin/python3"].find(
  (path) => spawnSync(path, ["-c", "import zmq, msgpack"]).status === 0,
);
const script = fileURLToPath(new URL("../../sensors/examples/publisher.py", import.meta.url));

/** A WAV file: 16 kHz, mono, 16 bits. */
function wav(pcm: Int16Array): Uint8Array {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + pcm.byteLength, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(16_000, 24);
  head.writeUInt32LE(32_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(pcm.byteLength, 40);
  return Buffer.concat([head, Buffer.from(pcm.buffer)]);
}

// Skipped without python3-zmq and python3-msgpack (Debian's names).
describe.skipIf(python === undefined)("the publisher in Python", () => {
  it("takes the place of a sensor: a WAV file arrives as it is, at its own pace, and says bye", async () => {
    const folder = await mkdtemp(join(tmpdir(), "publisher-"));
    const path = join(folder, "sound.wav");
    const pcm = Int16Array.from({ length: 16_000 * 0.5 + 7 }, (_, i) => (i * 37) % 30_000);
    await writeFile(path, wav(pcm));
    const clock = new SystemClock();
    await using inlet = await Inlet.open({ streams: [audio], clock });
    const collected = new Collected(inlet);
    const before = clock.now();
    const child = spawn(python ?? "", [script, inlet.endpoint, path], { stdio: "inherit" });
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    await collected.until(({ messages }) => messages.at(-1)?.kind === "bye");
    await rm(folder, { recursive: true });

    const { frames, messages } = collected;
    expect(frames).toHaveLength(50);
    expect(inlet.counters.of("desk", "audio")).toMatchObject({ frames: 50, lost: 0, refused: {} });
    for (const [index, { sequence, originTime, arrivalTime, payload }] of frames.entries()) {
      expect(sequence).toBe(index);
      expect(originTime).toBe((frames[0]?.originTime ?? 0) + index * 10_000);
      expect(arrivalTime).toBeGreaterThanOrEqual(originTime + 9_000);
      expect(borrowNumbers(payload, "i16")).toEqual(pcm.slice(index * 160, (index + 1) * 160));
    }
    expect(frames[0]?.originTime).toBeGreaterThan(before - 1_000);
    expect(messages.at(-1)).toMatchObject({
      kind: "bye",
      until: (frames.at(-1)?.originTime ?? 0) + 10_000,
    });
  });

  it("makes a tone when it has no file, until it is stopped", async () => {
    await using inlet = await Inlet.open({ streams: [audio], clock: new SystemClock() });
    const collected = new Collected(inlet);
    const child = spawn(python ?? "", [script, inlet.endpoint], { stdio: "ignore" });
    await collected.until(({ frames }) => frames.length >= 10);
    child.kill("SIGKILL");
    await once(child, "close");
    const first = borrowNumbers(collected.frames[0]?.payload ?? new Uint8Array(0), "i16");
    expect(first[0]).toBe(0);
    expect(first[9]).toBe(Math.round(8_000 * Math.sin((2 * Math.PI * 440 * 9) / 16_000)));
  });
});
