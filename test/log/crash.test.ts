import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

import { readLog } from "../../src/log/readLog.ts";
import { recoverLog } from "../../src/log/recoverLog.ts";
import { numbered } from "./numbered.ts";

/** `CRASHES=50 npx vitest run test/log/crash.test.ts` kills more often. */
const crashes = Number(process.env["CRASHES"] ?? 3);

it("a writer killed again and again leaves every complete chunk, and the next one goes on there", {
  timeout: 20_000 + crashes * 5_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "sensorium-crash-"));
  const path = join(folder, "log.mcap");
  let kept = 0;
  for (let crash = 0; crash < crashes; crash++) {
    await killedWriter(path, kept, 40 + ((crash * 7_919) % 211));
    const records = await sequencesOf(path);
    // What was there before is still there, and nothing is missing or twice up to the end.
    expect(records).toBeGreaterThanOrEqual(kept);
    kept = records;
  }
  expect(kept).toBeGreaterThan(0);
  expect((await recoverLog(path)).records).toBe(kept);
  expect(await sequencesOf(path)).toBe(kept);
  await rm(folder, { recursive: true });
});

/** Lets a process append from `from` on, and kills it `lifetime` ms after it began. */
async function killedWriter(path: string, from: number, lifetime: number): Promise<void> {
  const script = fileURLToPath(new URL("endlessWriter.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, path, String(from)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  setTimeout(() => child.kill("SIGKILL"), lifetime);
  const [, signal] = await ended;
  expect(signal).toBe("SIGKILL");
}

/** How many records there are, each of them the one that belongs at its place. */
async function sequencesOf(path: string): Promise<number> {
  let sequence = 0;
  for await (const record of readLog(path)) {
    const wanted = numbered(sequence++);
    if (record.logTime !== wanted.logTime || record.kind !== wanted.kind)
      expect(record).toEqual(wanted);
    if (record.kind !== "DATA" || wanted.kind !== "DATA") continue;
    if (Buffer.compare(record.chunk.payload, wanted.chunk.payload) !== 0)
      expect(record).toEqual(wanted);
  }
  return sequence;
}
