import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Opcode } from "@mcap/core";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { LogError } from "../../src/errors.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { LogWriter } from "../../src/log/LogWriter.ts";
import { logInfo } from "../../src/log/logInfo.ts";
import { readLog } from "../../src/log/readLog.ts";
import { recoverLog } from "../../src/log/recoverLog.ts";
import { bytes, micros } from "../../src/units.ts";
import { anyLog } from "./anyRecord.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-recover-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(records: readonly LogRecord[], metadata = {}): Promise<Buffer> {
  const path = join(folder, "whole.mcap");
  const clock = new DrivenClock(micros(0));
  const onFailure = (error: LogError): void => {
    throw error;
  };
  const existing = "replace";
  const options = { clock, onFailure, existing, metadata, chunkBytes: bytes(400) } as const;
  await using writer = await LogWriter.open(path, options);
  for (const record of records) writer.append(record);
  await writer.close();
  return readFile(path);
}

async function read(source: string | Uint8Array): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const record of readLog(source)) records.push(record);
  return records;
}

function sample(count: number): LogRecord[] {
  return fc.sample(anyLog(count, count), { seed: 4, numRuns: 1 }).flat();
}

/** Where the file's records begin. */
function recordStarts(file: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 8; at + 9 <= file.byteLength - 8; at += 9 + Number(file.readBigUInt64LE(at + 1)))
    starts.push(at);
  return starts;
}

it("a log cut at any byte gives its complete chunks, and takes new records after repair", {
  timeout: 120_000,
}, async () => {
  const records = sample(12);
  const whole = await written(records, { pipeline: "test" });
  const path = join(folder, "torn.mcap");
  const edges = recordStarts(whole);
  let most = 0;
  for (let length = 0; length <= whole.byteLength; length++) {
    const torn = whole.subarray(0, length);
    if (length >= 8) {
      const before = await read(torn);
      expect(before).toEqual(records.slice(0, before.length));
      expect(before.length).toBeGreaterThanOrEqual(most);
      most = before.length;
    }
    // Repair touches the disk each time: where a record begins, and every so often.
    const isEdge = edges.includes(length);
    if (!isEdge && length % 97 !== 0 && length !== whole.byteLength) continue;
    await writeFile(path, torn);
    const { records: count, wasClosed } = await recoverLog(path);
    expect(wasClosed).toBe(length === whole.byteLength);
    expect(count).toBe(most);
    expect(await read(path)).toEqual(records.slice(0, most));
    expect((await logInfo(path)).closed).toBe(true);
  }
  expect(most).toBe(records.length);
});

it("a log repaired after its last chunk is the file that a proper close would have left", async () => {
  const whole = await written(sample(30), { pipeline: "test", licence: "CC0-1.0" });
  const path = join(folder, "unclosed.mcap");
  // The summary is the tail: cut into it at several places.
  for (const cut of [1, 8, 30, 100]) {
    await writeFile(path, whole.subarray(0, whole.byteLength - cut));
    await recoverLog(path);
    expect(Buffer.compare(await readFile(path), whole)).toBe(0);
  }
});

it("a log continued after a crash holds what was whole and what came then", async () => {
  const records = sample(40);
  const whole = await written(records);
  const path = join(folder, "continued.mcap");
  for (let cut = 50; cut < whole.byteLength; cut += 701) {
    await writeFile(path, whole.subarray(0, whole.byteLength - cut));
    const kept = (await read(path)).length;
    const clock = new DrivenClock(micros(0));
    const onFailure = (error: LogError): void => {
      throw error;
    };
    const writer = await LogWriter.open(path, { clock, onFailure, existing: "append" });
    for (const record of records.slice(kept)) writer.append(record);
    await writer.close();
    expect(await read(path)).toEqual(records);
  }
});

it("damage inside a chunk is told while reading and cut off by repair", async () => {
  const records = sample(40);
  const whole = await written(records);
  const middle = Math.floor(whole.byteLength / 2);
  const damaged = Buffer.from(whole);
  damaged[middle] = (damaged[middle] ?? 0) ^ 0x40;
  // A flipped bit in the index region would go unnoticed: move to a place where reading notices it.
  await expect(read(damaged)).rejects.toThrow(LogError);
  const path = join(folder, "damaged.mcap");
  await writeFile(path, damaged.subarray(0, whole.byteLength - 4));
  const { records: count } = await recoverLog(path);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(records.length);
  expect(await read(path)).toEqual(records.slice(0, count));
});

it("a closed log that is damaged loses nothing: it is neither cut off nor gone on with", async () => {
  const whole = await written(sample(40));
  const damaged = Buffer.from(whole);
  const middle = Math.floor(whole.byteLength / 2);
  damaged[middle] = (damaged[middle] ?? 0) ^ 0x40;
  const path = join(folder, "rotten.mcap");
  await writeFile(path, damaged);
  const problem = /damaged after byte \d+; nothing was changed/;
  await expect(recoverLog(path)).rejects.toThrow(problem);
  const onFailure = (): void => {};
  const options = { clock: new DrivenClock(micros(0)), onFailure, existing: "append" } as const;
  await expect(LogWriter.open(path, options)).rejects.toThrow(problem);
  expect(Buffer.compare(await readFile(path), damaged)).toBe(0);

  // As the message says.
  const said = await recoverLog(path).catch(String);
  await writeFile(path, damaged.subarray(0, Number(/first (\d+) bytes/.exec(String(said))?.[1])));
  const { records, droppedBytes } = await recoverLog(path);
  expect(records).toBeGreaterThan(10);
  expect(droppedBytes).toBe(0);
});

it("wrong indices of a closed log are mended in their place", async () => {
  const whole = await written(sample(40));
  const starts = recordStarts(whole);
  const chunks = starts.filter((at) => whole[at] === Opcode.CHUNK);
  const index = starts.find((at) => at > (chunks[1] ?? 0)) ?? 0;
  expect(whole[index]).toBe(Opcode.MESSAGE_INDEX);
  const damaged = Buffer.from(whole);
  damaged[index + 20] = (damaged[index + 20] ?? 0) ^ 0x40;
  const path = join(folder, "index.mcap");
  await writeFile(path, damaged);
  const { droppedBytes, wasClosed } = await recoverLog(path);
  expect({ droppedBytes, wasClosed }).toEqual({ droppedBytes: 0, wasClosed: false });
  expect(Buffer.compare(await readFile(path), whole)).toBe(0);

  await writeFile(path, damaged);
  const onFailure = (): void => {};
  const clock = new DrivenClock(micros(0));
  const writer = await LogWriter.open(path, { clock, onFailure, existing: "append" });
  await writer.close();
  expect(Buffer.compare(await readFile(path), whole)).toBe(0);
});

it("indices that a crash left unwritten end what is whole", async () => {
  const whole = await written(sample(40));
  const starts = recordStarts(whole);
  const chunks = starts.filter((at) => whole[at] === Opcode.CHUNK);
  const index = starts.find((at) => at > (chunks[1] ?? 0)) ?? 0;
  const torn = Buffer.from(whole.subarray(0, whole.byteLength - 4));
  // The length of what was there before stays: what lies behind can be found all the same.
  torn.fill(0, index + 9, index + 20);
  const path = join(folder, "unwritten.mcap");
  await writeFile(path, torn);
  const { records } = await recoverLog(path);
  expect(await read(path)).toHaveLength(records);
  const closed = await readFile(path);
  expect(Buffer.compare(closed.subarray(0, chunks[2]), whole.subarray(0, chunks[2]))).toBe(0);
  expect((await recoverLog(path)).wasClosed).toBe(true);
});

it("whatever bytes a file holds, reading gives records or a LogError, and nothing else", async () => {
  const whole = await written(sample(12), { pipeline: "test" });
  const mutation = fc.record({
    at: fc.nat(whole.byteLength - 1),
    byte: fc.integer({ min: 0, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { maxLength: 6 }), fc.nat(), async (mutations, cut) => {
      const file = Buffer.from(
        whole.subarray(0, cut % 3 === 0 ? cut % whole.byteLength : undefined),
      );
      for (const { at, byte } of mutations) if (at < file.byteLength) file[at] = byte;
      for (const look of [read, logInfo])
        try {
          await look(file);
        } catch (error) {
          expect(error).toBeInstanceOf(LogError);
        }
    }),
    { numRuns: 300 },
  );
});
