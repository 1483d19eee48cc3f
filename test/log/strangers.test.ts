import { mkdtemp, open, readFile, rm, stat, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { McapWriter } from "@mcap/core";
import { FileHandleWritable } from "@mcap/nodejs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { appendLabels, removeLabels } from "../../src/log/editLabels.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { LogWriter, type LogWriterOptions } from "../../src/log/LogWriter.ts";
import { logInfo } from "../../src/log/logInfo.ts";
import { mergeLogs } from "../../src/log/mergeLogs.ts";
import { readLog } from "../../src/log/readLog.ts";
import { recoverLog } from "../../src/log/recoverLog.ts";
import { segmentName } from "../../src/log/segments.ts";
import { writeLog } from "../../src/log/writeLog.ts";
import { millis } from "../../src/units.ts";
import { all, label, START, smallLog, stream } from "./smallLog.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-strangers-"));
});
afterAll(() => rm(folder, { recursive: true }));

const records = smallLog([stream("a")]);
const fail = (error: Error): void => {
  throw error;
};
const writer = (path: string, options: Partial<LogWriterOptions> = {}): Promise<LogWriter> =>
  LogWriter.open(path, { clock: new DrivenClock(START), onFailure: fail, ...options });

/** An MCAP file as another program leaves it, with and without metadata of its own. */
async function bag(path: string, metadata: boolean): Promise<Buffer> {
  const file = await open(path, "w");
  const mcap = new McapWriter({ writable: new FileHandleWritable(file) });
  await mcap.start({ profile: "ros2", library: "rosbag2" });
  const channel = { topic: "/imu", messageEncoding: "json", metadata: new Map(), schemaId: 0 };
  const channelId = await mcap.registerChannel(channel);
  for (let sequence = 0; sequence < 3; sequence++) {
    const time = BigInt(START + sequence) * 1_000n;
    const data = Buffer.from("{}");
    await mcap.addMessage({ channelId, sequence, logTime: time, publishTime: time, data });
  }
  if (metadata) await mcap.addMetadata({ name: "rosbag2", metadata: new Map([["a", "b"]]) });
  await mcap.end();
  await file.close();
  return readFile(path);
}

describe("another program's MCAP file", () => {
  for (const metadata of [false, true])
    it(`is neither read, repaired nor gone on with, and stays as it is: ${metadata ? "with" : "without"} metadata`, async () => {
      const path = join(folder, "bag.mcap");
      const whole = await bag(path, metadata);
      // A crash of the other program is not ours to mend either.
      for (const content of [whole, whole.subarray(0, whole.byteLength - 40)]) {
        await writeFile(path, content);
        const refused = /expected a log of sensorium.*"ros2".*sensorium import/;
        await expect(recoverLog(path)).rejects.toThrow(refused);
        await expect(writer(path, { existing: "append" })).rejects.toThrow(refused);
        await expect(appendLabels(path, [label("clap", 0, 1)])).rejects.toThrow(refused);
        await expect(all(readLog(path))).rejects.toThrow(refused);
        expect(Buffer.compare(await readFile(path), content)).toBe(0);
      }
    });
});

describe("a log that somebody writes to", () => {
  it("is neither repaired nor written anew", async () => {
    const path = join(folder, "busy.mcap");
    await using log = await writer(path);
    for (const record of records) log.append(record);
    await log.flush();
    const inUse = "expected a log that nobody else writes to";
    await expect(recoverLog(path)).rejects.toThrow(inUse);
    await expect(removeLabels(path, () => true)).rejects.toThrow(inUse);
    await expect(writeLog(path, records, { existing: "replace" })).rejects.toThrow(inUse);
    await log.close();
    expect(await all(readLog(path))).toEqual(records);
    expect((await recoverLog(path)).wasClosed).toBe(true);
  });

  it("keeps what another writer of the same place has not finished yet", async () => {
    const path = join(folder, "twice.mcap");
    let isOpen = () => {};
    const opened = new Promise<void>((resolve) => {
      isOpen = resolve;
    });
    let go = () => {};
    const waited = new Promise<void>((resolve) => {
      go = resolve;
    });
    async function* slow(): AsyncGenerator<LogRecord> {
      isOpen();
      await waited;
      yield* records;
    }
    const first = writeLog(path, slow());
    await opened;
    await expect(writeLog(path, records)).rejects.toThrow("got one in use");
    go();
    expect(await first).toBe(records.length);
    expect(await all(readLog(path))).toEqual(records);
  });

  it("goes on without a segment that somebody has taken away", async () => {
    const path = join(folder, "site");
    const clock = new DrivenClock(START);
    const failures: Error[] = [];
    await using log = await LogWriter.open(path, {
      ...{ clock, chunkSpan: millis(100), segments: { span: millis(400) } },
      keep: { age: millis(800) },
      onFailure: (error) => failures.push(error),
    });
    const half = records.length / 2;
    for (const [index, record] of records.entries()) {
      if (record.logTime > clock.now()) clock.advance(record.logTime);
      log.append(record);
      await log.flush();
      if (index !== Math.floor(half)) continue;
      await unlink(join(path, segmentName(log.status.deletedFiles + 1)));
    }
    await log.close();
    expect(failures).toEqual([]);
    expect((await logInfo(path)).closed).toBe(true);
  });
});

describe("logs that are merged", () => {
  it("are all closed when their reader has had enough", async () => {
    const [one, two] = [join(folder, "m1.mcap"), join(folder, "m2.mcap")];
    await writeLog(one, smallLog([stream("a")]));
    await writeLog(two, smallLog([stream("b")]));
    const before = await openFiles();
    const { records: merged } = await mergeLogs([one, two]);
    for await (const record of merged) if (record.kind === "DATA") break;
    expect(await openFiles()).toBe(before);
  });
});

/** Files of ours that this process has open, where the system says. */
async function openFiles(): Promise<number> {
  const { readdir, readlink } = await import("node:fs/promises");
  const names = await readdir("/proc/self/fd").catch(() => []);
  const targets = await Promise.all(
    names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")),
  );
  return targets.filter((target) => target.startsWith(folder)).length;
}

it("a recovered segment counts with the bytes that it has after", async () => {
  const path = join(folder, "torn");
  const log = await writer(path, { segments: { span: millis(400) }, chunkSpan: millis(100) });
  for (const record of records) log.append(record);
  await log.close();
  const first = join(path, segmentName(1));
  const whole = await readFile(first);
  await writeFile(first, whole.subarray(0, whole.byteLength - 30));
  await using again = await writer(path, { existing: "append" });
  let bytes = 0;
  for (let number = 1; number <= again.status.files; number++)
    bytes += (await stat(join(path, segmentName(number)))).size;
  expect(again.status.bytesWritten).toBe(bytes);
});
