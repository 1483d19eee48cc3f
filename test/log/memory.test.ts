import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { expect, it } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { LogWriter } from "../../src/log/LogWriter.ts";
import { logInfo } from "../../src/log/logInfo.ts";
import { bytes, micros } from "../../src/units.ts";
import { numbered } from "./numbered.ts";

const CHUNKS = 8_000;

/** Bytes that are still needed. */
function heap(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

it("a writer needs no more memory after thousands of chunks than after some, and indexes them all", {
  timeout: 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "sensorium-memory-"));
  const path = join(folder, "long.mcap");
  const clock = new DrivenClock(micros(0));
  const onFailure = (error: Error): void => {
    throw error;
  };
  const writer = await LogWriter.open(path, { clock, onFailure, chunkBytes: bytes(1) });
  let before = 0;
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    writer.append(numbered(chunk));
    if (chunk % 200 === 199) await writer.flush();
    if (chunk === 999) before = heap();
  }
  // What an index in memory would take for a chunk is several hundred bytes.
  expect((heap() - before) / (CHUNKS - 1_000)).toBeLessThan(60);
  await writer.close();
  const { closed, records } = await logInfo(path);
  expect(closed).toBe(true);
  expect(Object.values(records).reduce((sum, count) => sum + count, 0)).toBe(CHUNKS);
  await rm(folder, { recursive: true });
});
