import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { SensorError } from "../../src/errors.ts";
import { runFfmpeg } from "../../src/exchange/ffmpeg.ts";

let folder: string;
const { PATH } = process.env;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-ffmpeg-"));
  process.env["PATH"] = `${folder}${delimiter}${PATH}`;
});
afterAll(async () => {
  process.env["PATH"] = PATH;
  await rm(folder, { recursive: true });
});

/** Puts a program of this name before any other. */
async function stand(script: string): Promise<void> {
  const path = join(folder, "ffmpeg");
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

/** More than a pipe holds. */
const MUCH = new Uint8Array(1024 * 1024);

describe.skipIf(process.platform === "win32")("ffmpeg", () => {
  it("that refuses is quoted, also where it was being written to", async () => {
    await stand("head -c 10 >/dev/null; echo 'Unknown encoder' >&2; exit 1");
    const writing = runFfmpeg(["out.mp4"], async (write) => {
      for (let piece = 0; piece < 20; piece++) await write(MUCH);
    });
    await expect(writing).rejects.toThrow(SensorError);
    await expect(writing).rejects.toThrow("expected ffmpeg to take it, got: Unknown encoder");
  });

  it("does not hide what went wrong with its input", async () => {
    await stand("exec sleep 600");
    const feeding = runFfmpeg(["out.mp4"], async () => {
      throw new RangeError("no picture");
    });
    await expect(feeding).rejects.toThrow("no picture");
  });
});
