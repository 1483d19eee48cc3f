import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { McapIndexedReader } from "@mcap/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { LogError } from "../../src/errors.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { LogWriter, type LogWriterOptions } from "../../src/log/LogWriter.ts";
import { logInfo } from "../../src/log/logInfo.ts";
import { readLog } from "../../src/log/readLog.ts";
import { decompress } from "../../src/log/zstd.ts";
import { bytes, micros, millis, seconds } from "../../src/units.ts";
import { anyLog } from "./anyRecord.ts";

let folder: string;
let files = 0;
const fresh = (): string => join(folder, `${files++}.mcap`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-log-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(
  path: string,
  records: readonly LogRecord[],
  options: Partial<LogWriterOptions> = {},
): Promise<void> {
  const clock = new DrivenClock(micros(0));
  await using writer = await LogWriter.open(path, { clock, onFailure: fail, ...options });
  for (const record of records) writer.append(record);
}

async function read(...of: Parameters<typeof readLog>): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const record of readLog(...of)) records.push(record);
  return records;
}

function fail(error: LogError): void {
  throw error;
}

function data(logTime: number, size = 100): LogRecord {
  return {
    kind: "DATA",
    logTime: micros(logTime),
    chunk: {
      site: "lab",
      stream: "audio",
      epoch: 7,
      firstSequence: logTime / 10_000,
      originTimes: [micros(logTime - 10_000)],
      arrivalTime: micros(logTime),
      dtype: "u8",
      shape: [size],
      payload: new Uint8Array(size).map((_, i) => (i * 2_654_435_761 + logTime) >>> 13),
    },
  };
}

/** One DATA record every 10 ms. */
function ticking(from: number, count: number): LogRecord[] {
  return Array.from({ length: count }, (_, i) => data(from + i * 10_000));
}

describe("a log", () => {
  it("gives back every record of every kind, in the order of appending", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyLog(40),
        fc.integer({ min: 1, max: 2_000 }),
        async (records, chunkBytes) => {
          const path = fresh();
          await write(path, records, { chunkBytes: bytes(chunkBytes) });
          expect(await read(path)).toEqual(records);
          expect(await read(await readFile(path))).toEqual(records);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives back the records within a time range, however they lie in chunks", async () => {
    await fc.assert(
      fc.asyncProperty(anyLog(30), fc.nat(30), fc.nat(30), async (records, a, b) => {
        const from = records[a]?.logTime ?? micros(0);
        const to = records[b]?.logTime ?? micros(9e15);
        const path = fresh();
        await write(path, records, { chunkBytes: bytes(300) });
        const within = records.filter(({ logTime }) => logTime >= from && logTime < to);
        expect(await read(path, { from, to })).toEqual(within);
        const labels = within.filter(({ kind }) => kind === "LABEL");
        expect(await read(path, { from, to, kinds: ["LABEL"] })).toEqual(labels);
      }),
      { numRuns: 40 },
    );
  });

  it("is the same file for the same records, whenever the timer or the disk comes by", async () => {
    const records = ticking(50_000, 400);
    const [atOnce, paced] = [fresh(), fresh()];
    await write(atOnce, records, { chunkBytes: bytes(4_000), chunkSpan: millis(300) });

    const clock = new DrivenClock(micros(0));
    await using writer = await LogWriter.open(paced, {
      clock,
      onFailure: fail,
      chunkBytes: bytes(4_000),
      chunkSpan: millis(300),
    });
    for (const record of records) {
      clock.advance(record.logTime);
      await new Promise(setImmediate);
      writer.append(record);
    }
    await writer.close();
    expect(Buffer.compare(await readFile(paced), await readFile(atOnce))).toBe(0);
  });

  it("is a complete MCAP file with checksums, metadata and an index", async () => {
    const path = fresh();
    const metadata = { pipeline: "talking-face", licence: "CC0-1.0" };
    const labels: LogRecord[] = [
      {
        kind: "LABEL",
        logTime: seconds(6),
        label: { label: "bin", from: seconds(1), to: seconds(2), by: "truth", slot: "command" },
      },
    ];
    await write(path, [...ticking(50_000, 500), ...labels], { metadata, chunkBytes: bytes(5_000) });
    const file = await readFile(path);
    const reader = await McapIndexedReader.Initialize({
      readable: {
        size: () => Promise.resolve(BigInt(file.byteLength)),
        read: (offset, size) =>
          Promise.resolve(file.subarray(Number(offset), Number(offset + size))),
      },
      decompressHandlers: { zstd: (data, size) => decompress(data, Number(size)) },
    });
    expect(reader.statistics?.messageCount).toBe(501n);
    expect(reader.chunkIndexes.length).toBeGreaterThan(10);
    const topics: string[] = [];
    for await (const message of reader.readMessages({ validateCrcs: true }))
      topics.push(reader.channelsById.get(message.channelId)?.topic ?? "");
    expect(topics.filter((topic) => topic === "/audio/data")).toHaveLength(500);
    expect(topics.at(-1)).toBe("/site/label");

    const info = await logInfo(path);
    expect(info.metadata).toEqual(metadata);
    expect(info.closed).toBe(true);
    expect(info.records).toEqual({ DATA: 500, LABEL: 1 });
    expect(info.streams["audio"]).toMatchObject({ frames: 500, bytes: 50_000, from: 40_000 });
    expect(info.labels).toEqual([labels[0]?.kind === "LABEL" ? labels[0].label : undefined]);
  });

  it("can be read while it is written, up to its last closed chunk", async () => {
    const path = fresh();
    const clock = new DrivenClock(micros(0));
    await using writer = await LogWriter.open(path, { clock, onFailure: fail });
    const records = ticking(50_000, 20);
    for (const record of records.slice(0, 10)) writer.append(record);
    await writer.flush();
    for (const record of records.slice(10)) writer.append(record);
    expect(await read(path)).toEqual(records.slice(0, 10));
    expect((await logInfo(path)).closed).toBe(false);
  });

  it("closes a chunk by the clock when records stop coming", async () => {
    const path = fresh();
    const clock = new DrivenClock(seconds(1));
    await using writer = await LogWriter.open(path, { clock, onFailure: fail });
    writer.append(data(1_000_000));
    const before = writer.status.bytesWritten;
    clock.advance(seconds(2));
    await expect
      .poll(() => writer.status.bytesWritten, { timeout: 15_000 })
      .toBeGreaterThan(before);
    expect(await read(path)).toHaveLength(1);
  });
});

describe("a log that exists", () => {
  it("is refused, unless it shall be replaced or continued", async () => {
    const path = fresh();
    const records = ticking(50_000, 30);
    await write(path, records.slice(0, 20));
    await expect(write(path, [])).rejects.toThrow(LogError);
    await write(path, records.slice(20), { existing: "append" });
    expect(await read(path)).toEqual(records);
    await write(path, records.slice(0, 5), { existing: "replace" });
    expect(await read(path)).toEqual(records.slice(0, 5));
  });

  it("continues as if it had never stopped", async () => {
    const records = ticking(50_000, 60);
    const [whole, resumed] = [fresh(), fresh()];
    // A chunk spans 100 ms, so ten records: the cut is where a chunk ends anyway.
    const chunkSpan = millis(100);
    await write(whole, records, { chunkSpan });
    await write(resumed, records.slice(0, 30), { chunkSpan });
    await write(resumed, records.slice(30), { chunkSpan, existing: "append" });
    expect(await read(resumed)).toEqual(records);
    expect(Buffer.compare(await readFile(resumed), await readFile(whole))).toBe(0);
  });

  it.skipIf(process.platform !== "linux")("is written by one writer at a time", async () => {
    const path = fresh();
    const clock = new DrivenClock(micros(0));
    const first = await LogWriter.open(path, { clock, onFailure: fail });
    const second = LogWriter.open(path, { clock, onFailure: fail, existing: "append" });
    await expect(second).rejects.toThrow("expected a log that nobody else writes to");
    first.append(data(50_000));
    await first.close();
    await write(path, [data(60_000)], { existing: "append" });
    expect(await read(path)).toHaveLength(2);
  });

  it("is not taken for a log when it is something else", async () => {
    const path = fresh();
    await writeFile(path, "what is this");
    await expect(write(path, [], { existing: "append" })).rejects.toThrow(/MCAP/);
    await expect(read(path)).rejects.toThrow(LogError);
    expect((await stat(path)).size).toBe(12);
  });
});

describe("a disk that fails", () => {
  it("stops recording with one loud call and lets the caller go on", async () => {
    const failures: LogError[] = [];
    const clock = new DrivenClock(micros(0));
    const open = LogWriter.open("/dev/full", {
      clock,
      existing: "replace",
      onFailure: (error) => failures.push(error),
    });
    // A log whose very first bytes do not fit is never opened.
    await expect(open).rejects.toThrow(LogError);
    await expect(open).rejects.toHaveProperty("cause.code", "ENOSPC");
    expect(failures).toEqual([]);
  });

  it("leaves a log that holds every chunk written before", async () => {
    const path = fresh();
    const failures: LogError[] = [];
    const clock = new DrivenClock(micros(0));
    const records = ticking(50_000, 50);
    const writer = await LogWriter.open(path, {
      clock,
      onFailure: (error) => failures.push(error),
      backlogBytes: bytes(20_000),
    });
    for (const record of records) writer.append(record);
    await writer.flush();
    // More than may wait, in one go: the disk cannot possibly have taken it.
    for (let i = 0; i < 10; i++) {
      writer.append(data(600_000 + i * 10_000, 300_000));
    }
    expect(failures).toHaveLength(1);
    expect(writer.status).toMatchObject({ state: "failed", refused: 9, backlogBytes: 0 });
    await expect(writer.flush()).rejects.toBe(failures[0]);
    await writer.close();
    expect(await read(path)).toEqual(records);
    expect((await logInfo(path)).closed).toBe(true);
  });
});

describe("a log writer", () => {
  it("closes once, however often it is asked to, and refuses records afterwards", async () => {
    const clock = new DrivenClock(micros(0));
    const path = fresh();
    const writer = await LogWriter.open(path, { clock, onFailure: fail });
    writer.append(data(50_000));
    await Promise.all([writer.close(), writer.close(), writer[Symbol.asyncDispose]()]);
    writer.append(data(60_000));
    expect(writer.status).toMatchObject({ state: "closed", records: 1, refused: 1 });
    expect(await read(path)).toHaveLength(1);
  });

  it("borrows nothing: the caller may overwrite a payload at once", async () => {
    const path = fresh();
    const clock = new DrivenClock(micros(0));
    await using writer = await LogWriter.open(path, { clock, onFailure: fail });
    const record = data(50_000);
    const copy = structuredClone(record);
    writer.append(record);
    if (record.kind === "DATA") record.chunk.payload.fill(0);
    await writer.close();
    expect(await read(path)).toEqual([copy]);
  });
});
