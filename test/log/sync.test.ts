import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { type OpenFile, systemFiles } from "../../src/log/LogFile.ts";
import { LogWriter, type LogWriterOptions } from "../../src/log/LogWriter.ts";
import { micros, millis, seconds } from "../../src/units.ts";
import { filesThatTell } from "./filesThatTell.ts";
import { numbered } from "./numbered.ts";

/** Of a machine that has other things to do too. */
const PATIENCE = { timeout: 15_000 };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sensorium-sync-"));
});
afterAll(() => rm(root, { recursive: true }));

const clock = new DrivenClock(numbered(0).logTime);

async function open(path: string, options: Partial<LogWriterOptions> = {}) {
  const { openFile, told } = filesThatTell();
  const onFailure = (error: Error): void => {
    throw error;
  };
  const writer = await LogWriter.open(path, { clock, onFailure, openFile, ...options });
  return { writer, told };
}

/** What happened since this was last asked. */
function since(told: string[]): string[] {
  return told.splice(0).filter((what) => !what.startsWith("write"));
}

describe("what is written", () => {
  it("is on the disk one interval after it was written, and not once more", async () => {
    const { writer, told } = await open(join(root, "a.mcap"), { syncInterval: seconds(1) });
    const folder = root.split("/").at(-1);
    // A new file's place in its folder outlives a power cut too.
    expect(since(told)).toEqual([`sync ${folder}`]);
    writer.append(numbered(0));
    clock.advance(micros(clock.now() + seconds(1)));
    await expect.poll(() => told.length, PATIENCE).toBeGreaterThan(0);
    // The interval counts from when the write was over.
    await expect.poll(() => writer.status.backlogBytes, PATIENCE).toBe(0);
    expect(since(told)).toEqual([]);
    clock.advance(micros(clock.now() + millis(990)));
    await new Promise(setImmediate);
    expect(since(told)).toEqual([]);
    clock.advance(micros(clock.now() + millis(10)));
    await expect.poll(() => since(told), PATIENCE).toEqual(["sync a.mcap"]);
    clock.advance(micros(clock.now() + seconds(5)));
    await new Promise(setImmediate);
    expect(since(told)).toEqual([]);
    await writer.close();
    expect(since(told)).toEqual(["sync a.mcap", "close a.mcap"]);
  });

  it("is on the disk when a flush or a close has settled", async () => {
    const { writer, told } = await open(join(root, "b.mcap"), { syncInterval: seconds(3_600) });
    since(told);
    writer.append(numbered(1));
    await writer.flush();
    expect(since(told)).toEqual(["sync b.mcap"]);
    writer.append(numbered(2));
    await writer.close();
    expect(since(told)).toEqual(["sync b.mcap", "close b.mcap"]);
  });

  it("is on the disk when each of two flushes at once has settled", async () => {
    const syncs: (() => void)[] = [];
    const openFile: OpenFile = async (path, flags) => {
      const file = await systemFiles(path, flags);
      const held = () => new Promise<void>((resolve) => syncs.push(resolve));
      return Object.assign(file, flags === "r" ? {} : { datasync: held });
    };
    const onFailure = (error: Error): void => {
      throw error;
    };
    const options = { clock, onFailure, openFile, syncInterval: seconds(3_600) };
    const writer = await LogWriter.open(join(root, "c.mcap"), options);
    const settled: string[] = [];
    const flush = (name: string): void => void writer.flush().then(() => settled.push(name));
    writer.append(numbered(1));
    flush("first");
    await expect.poll(() => syncs.length, PATIENCE).toBe(1);
    // Written while the first sync is under way: no part of it.
    writer.append(numbered(2));
    flush("second");
    flush("third");
    await expect.poll(() => writer.status.backlogBytes, PATIENCE).toBe(0);
    syncs[0]?.();
    await expect.poll(() => syncs.length, PATIENCE).toBe(2);
    await new Promise(setImmediate);
    expect(settled).toEqual(["first"]);
    syncs[1]?.();
    await expect.poll(() => settled.length, PATIENCE).toBe(3);
    const closing = writer.close();
    await expect.poll(() => syncs.length, PATIENCE).toBe(3);
    syncs[2]?.();
    await closing;
  });

  it("is on the disk, the old segment's end too, before the next segment begins", async () => {
    const folder = join(root, "segments");
    const segments = { span: millis(1) };
    const { writer, told } = await open(folder, { segments, syncInterval: seconds(3_600) });
    expect(since(told)).toEqual(["sync segments"]);
    for (let index = 0; index < 2; index++) {
      writer.append(numbered(index * 100));
      await writer.flush();
    }
    expect(since(told)).toEqual([
      "sync 000001.mcap",
      "sync 000001.mcap",
      "close 000001.mcap",
      "sync segments",
      "sync 000002.mcap",
    ]);
    await writer.close();
  });
});
