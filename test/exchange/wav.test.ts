import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { exportWav } from "../../src/exchange/exportMedia.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { writeLog } from "../../src/log/writeLog.ts";
import { hertz, millis, seconds } from "../../src/units.ts";
import { processArguments } from "../cli/runCommandLine.ts";
import { at, START, stream } from "../log/smallLog.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-wav-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A log of one-second frames of sound, at these seconds. @returns Its path. */
async function soundLog(name: string, samples: number, ...times: readonly number[]) {
  const sound = stream("sound", {
    ...{ modality: "audio", dtype: "i16", shape: [samples], rate: hertz(1), span: seconds(1) },
  });
  const records: LogRecord[] = [
    {
      kind: "CONFIG",
      logTime: START,
      version: 1,
      origin: START,
      period: millis(40),
      streams: [sound],
    },
    ...times.map((time, firstSequence): LogRecord => {
      const { site, stream: own, dtype, shape } = sound;
      const payload = new Uint8Array(new Int16Array(samples).fill(1 + time).buffer);
      const place = { site, stream: own, epoch: 1, firstSequence, dtype, shape };
      const chunk = { ...place, originTimes: [at(time)], arrivalTime: at(time), payload };
      return { kind: "DATA", logTime: at(time), chunk };
    }),
  ];
  const log = join(folder, `${name}.mcap`);
  await writeLog(log, records);
  return { log, description: sound, start: START };
}

describe("sound as WAV", () => {
  it("has every sample at its place, silence where nothing was recorded, and its length in the head", async () => {
    const path = join(folder, "sound.wav");
    expect(await exportWav(path, await soundLog("sound", 4, 0, 2))).toBe(2);
    const bytes = await readFile(path);
    expect(bytes.readUInt32LE(40)).toBe(24);
    expect(bytes.byteLength).toBe(44 + 24);
    const samples = Array.from({ length: 12 }, (_, i) => bytes.readInt16LE(44 + 2 * i));
    expect(samples).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 3, 3, 3, 3]);
  });

  it.skipIf(process.platform === "win32")(
    "is not there at all where the disk did not take the whole of it",
    async () => {
      const { log } = await soundLog("long", 300_000, 0);
      const out = join(folder, "long.wav");
      // 200 blocks of 512 or 1,024 bytes: the system takes a part of the only frame.
      const limited = 'trap "" XFSZ; ulimit -f 200; exec "$@"';
      const command = processArguments("export", log, out);
      const exporting = promisify(execFile)("sh", [
        "-c",
        limited,
        "sh",
        process.execPath,
        ...command,
      ]);
      await expect(exporting).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining("EFBIG"),
      });
      expect((await readdir(folder)).filter((name) => name.startsWith("long."))).toEqual([
        "long.mcap",
      ]);
    },
    60_000,
  );
});
