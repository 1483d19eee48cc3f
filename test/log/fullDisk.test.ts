import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect, it } from "vitest";

import { readLog } from "../../src/log/readLog.ts";
import { recoverLog } from "../../src/log/recoverLog.ts";
import { numbered } from "./numbered.ts";

const script = fileURLToPath(new URL("limitedWriter.ts", import.meta.url));

it.skipIf(process.platform === "win32")(
  "a file that may not grow further stops the recording, loudly and once, and keeps every chunk",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "sensorium-full-"));
    const path = join(folder, "log.mcap");
    // 200 blocks of 512 or 1,024 bytes; with the signal ignored a write beyond them fails instead.
    const limited = 'trap "" XFSZ; ulimit -f 200; exec "$@"';
    const args = ["-c", limited, "sh", process.execPath, "--import", "tsx", script, path];
    const { stdout } = await promisify(execFile)("sh", args);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ failures: 1, code: "EFBIG", rejected: true, state: "failed" });
    expect(told.refused).toBeGreaterThanOrEqual(10);

    let count = 0;
    for await (const record of readLog(path)) expect(record).toEqual(numbered(count++));
    expect(count).toBeGreaterThan(50);
    expect((await stat(path)).size).toBeGreaterThanOrEqual(told.bytesWritten);
    expect((await recoverLog(path)).records).toBe(count);
    await rm(folder, { recursive: true });
  },
);
