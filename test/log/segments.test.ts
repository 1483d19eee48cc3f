import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { ConfigError, LogError } from "../../src/errors.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import { fileMetadata } from "../../src/log/fileMetadata.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { LogWriter, type LogWriterOptions } from "../../src/log/LogWriter.ts";
import { logInfo } from "../../src/log/logInfo.ts";
import { readLog } from "../../src/log/readLog.ts";
import { segmentName } from "../../src/log/segments.ts";
import { bytes, hertz, type Micros, micros, millis, seconds } from "../../src/units.ts";
import { anyLog } from "./anyRecord.ts";

let root: string;
let logs = 0;
const fresh = (): string => join(root, `log-${logs++}`);
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sensorium-segments-"));
});
afterAll(() => rm(root, { recursive: true }));

async function write(
  path: string,
  records: readonly LogRecord[],
  options: Partial<LogWriterOptions> = {},
): Promise<void> {
  const clock = new DrivenClock(micros(0));
  const segments = { span: seconds(1) };
  await using writer = await LogWriter.open(path, {
    ...{ clock, onFailure: fail, segments, chunkSpan: millis(200), ...options },
  });
  for (const record of records) {
    if (record.logTime > clock.now()) clock.advance(record.logTime);
    writer.append(record);
    await new Promise(setImmediate);
  }
}

async function read(...of: Parameters<typeof readLog>): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const record of readLog(...of)) records.push(record);
  return records;
}

async function areSame(one: string, other: string): Promise<boolean> {
  return (await readFile(one)).equals(await readFile(other));
}

function fail(error: LogError): void {
  throw error;
}

const START = seconds(1_000);
const description: StreamDescription = {
  ...{ site: "lab", stream: "a", modality: "sensor", dtype: "u8", shape: [50], unit: "1" },
  ...{ rate: hertz(25), lateness: millis(0), idleTimeout: millis(250) },
};
const config: LogRecord = {
  ...{ kind: "CONFIG", logTime: START, version: 1, origin: START, period: millis(40) },
  streams: [description],
};

function data(at: number): LogRecord {
  const time = micros(START + at * 40_000);
  return {
    kind: "DATA",
    logTime: time,
    chunk: {
      ...{ site: "lab", stream: "a", epoch: 1, firstSequence: at, originTimes: [time] },
      ...{ arrivalTime: time, dtype: "u8", shape: [50] },
      payload: Uint8Array.from({ length: 50 }, (_, i) => (i * 2_654_435_761 * at) >>> 11),
    },
  };
}

/** A configuration, a model, and 25 frames a second. */
function session(length: number, others: readonly LogRecord[] = []): LogRecord[] {
  const model: LogRecord = { kind: "MODEL", logTime: START, version: "tiny@1" };
  const frames = Array.from({ length: length * 25 }, (_, at) => data(at));
  return [config, model, ...frames, ...others].toSorted((a, b) => a.logTime - b.logTime);
}

function at(offset: number): Micros {
  return micros(START + offset * 1e6);
}

describe("a log of segments", { timeout: 120_000 }, () => {
  it("gives back every record, whatever the sizes and spans of chunks and segments", async () => {
    const sizes = fc.integer({ min: 100, max: 5_000 });
    await fc.assert(
      fc.asyncProperty(anyLog(60), sizes, sizes, sizes, async (records, chunk, segment, span) => {
        const path = fresh();
        await write(path, records, {
          chunkBytes: bytes(chunk),
          segments: { bytes: bytes(segment), span: micros(span * 1_000) },
        });
        expect(await read(path)).toEqual(records);
        expect((await fileMetadata(path)).closed).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("ends a segment by time, and by size", async () => {
    const [bySpan, bySize] = [fresh(), fresh()];
    await write(bySpan, session(10));
    expect(await readdir(bySpan)).toEqual(Array.from({ length: 10 }, (_, i) => segmentName(i + 1)));
    await write(bySize, session(10), { segments: { bytes: bytes(4_000) } });
    const sizes = await Promise.all(
      (await readdir(bySize)).map(async (name) => (await readFile(join(bySize, name))).byteLength),
    );
    expect(sizes.length).toBeGreaterThan(4);
    // A chunk of 200 ms and the end of the file come on top.
    for (const size of sizes.slice(0, -1)) expect(Math.abs(size - 6_000)).toBeLessThan(2_500);
  });

  it("is the same files for the same records", async () => {
    const [one, other] = [fresh(), fresh()];
    for (const path of [one, other]) await write(path, session(4));
    for (const name of await readdir(one))
      expect(await areSame(join(one, name), join(other, name))).toBe(true);
  });

  it("begins each segment with what is in force, so that it is a log by itself", async () => {
    const clockRecord: LogRecord = {
      ...{ kind: "CLOCK", logTime: at(0.5), stream: "a", epoch: 1, since: at(0.4), ppm: 3 },
      ...{ offset: micros(7), residual: micros(0), uncertainty: micros(9), stepped: false },
    };
    const others: LogRecord[] = [
      clockRecord,
      { kind: "SKEW", logTime: at(1.6), skew: millis(90) },
      { kind: "IDLE", logTime: at(2.9), stream: "b" },
      { kind: "IDLE", logTime: at(1.1), stream: "c" },
      { kind: "ACTIVE", logTime: at(1.2), stream: "c" },
    ];
    const path = fresh();
    await write(path, session(4, others));
    const [first, ...rest] = await read(join(path, segmentName(4)));
    // Its grid starts at the segment's first instant; the ids of rows are the whole recording's.
    expect(first).toEqual({ ...config, logTime: at(3), origin: at(3) });
    const standing = rest.slice(0, 4).map(({ kind, logTime }) => ({ kind, logTime }));
    const kinds = ["MODEL", "CLOCK", "SKEW", "IDLE"];
    expect(standing).toEqual(kinds.map((kind) => ({ kind, logTime: at(3) })));
    expect(rest.slice(4)).toEqual(session(4, others).filter(({ logTime }) => logTime >= at(3)));
    const info = await logInfo(join(path, segmentName(4)));
    expect(info.streams["a"]?.description).toEqual(description);
  });

  it("keeps no more than it shall, and what is left can be read", async () => {
    const path = fresh();
    await write(path, session(30), { keep: { age: seconds(5) } });
    const names = await readdir(path);
    // Those of the last five seconds, the one that reaches into them, and the open one.
    expect(names.length).toBeLessThanOrEqual(7);
    expect(names.at(-1)).toBe(segmentName(30));
    const kept = await read(path);
    expect(kept[0]).toMatchObject({ kind: "CONFIG" });
    const frames = kept.filter(({ kind }) => kind === "DATA");
    expect(frames).toEqual(session(30).slice(-frames.length));
    expect(frames.length).toBeGreaterThanOrEqual(125);

    const small = fresh();
    await write(small, session(30), {
      segments: { span: seconds(1) },
      keep: { bytes: bytes(20_000) },
    });
    const sizes = await Promise.all(
      (await readdir(small)).map(async (name) => (await readFile(join(small, name))).byteLength),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(total).toBeLessThanOrEqual(20_000);
    expect(total).toBeGreaterThan(10_000);
  });

  it("keeps the last checkpoint that can be gone on from, however old", async () => {
    const path = fresh();
    const checkpoint = (time: number, back: number): LogRecord => ({
      ...{ kind: "CHECKPOINT", logTime: at(time), back, model: "tiny@1", moments: 1, spans: 0 },
      state: new Uint8Array(9),
    });
    // The second one needs records of the segment before it.
    const others = [checkpoint(4.5, 3), checkpoint(8.02, 5)];
    await write(path, session(30, others), { keep: { age: seconds(2) } });
    expect((await readdir(path))[0]).toBe(segmentName(5));
  });

  it("goes on after a crash, in the segment that it tore", async () => {
    const records = session(6);
    const [path, whole] = [fresh(), fresh()];
    await write(path, records.slice(0, 92));
    const last = join(path, segmentName(4));
    await truncate(last, (await readFile(last)).byteLength - 30);
    await write(path, records.slice(92), { existing: "append" });
    await write(whole, records);
    expect(await read(path)).toEqual(records);
    expect(await readdir(path)).toEqual(await readdir(whole));
    // As if there had been no crash: what the next segment restates was learnt from the torn one.
    expect(
      await areSame(...([path, whole].map((log) => join(log, segmentName(5))) as [string, string])),
    ).toBe(true);
  });

  it("begins where there is nothing to go on with", async () => {
    const path = fresh();
    await write(path, session(2), { existing: "append" });
    expect(await read(path)).toEqual(session(2));
  });

  it("goes on after a crash between two segments", async () => {
    const records = session(4);
    const path = fresh();
    await write(path, records.slice(0, 75));
    const end = join(path, segmentName(3));
    await truncate(end, (await readFile(end)).byteLength - 100);
    await writeFile(join(path, segmentName(4)), new Uint8Array(0));
    await write(path, records.slice(75), { existing: "append" });
    expect(await read(path)).toEqual(records);
  });

  it("is read from any time without what lies in segments before", async () => {
    const path = fresh();
    await write(path, session(8));
    // A damaged segment does not matter to whom reads after it.
    await writeFile(join(path, segmentName(2)), "damaged");
    const records = await read(path, { from: at(5.5), to: at(6.5) });
    expect(records).toEqual(
      session(8).filter(({ logTime }) => logTime >= at(5.5) && logTime < at(6.5)),
    );
    await expect(read(path)).rejects.toThrow(LogError);
  });

  it("is refused where one exists, and where less is to be kept than two segments", async () => {
    const path = fresh();
    await write(path, session(2));
    await expect(write(path, [])).rejects.toThrow("expected a folder without segments");
    const tooFew = { segments: { bytes: bytes(1_000) }, keep: { bytes: bytes(1_999) } };
    await expect(write(fresh(), [], tooFew)).rejects.toThrow(ConfigError);
  });

  it("remembers no more after a thousand chunks than after ten", async () => {
    const path = fresh();
    const clock = new DrivenClock(micros(0));
    const segments = { span: seconds(10) };
    const keep = { age: seconds(20) };
    await using writer = await LogWriter.open(path, {
      ...{ clock, onFailure: fail, segments, keep, chunkSpan: millis(100) },
    });
    let most = 0;
    for (let second = 0; second < 100; second++) {
      for (let frame = 0; frame < 25; frame++) writer.append(data(second * 25 + frame));
      clock.advance(at(second));
      await writer.flush();
      most = Math.max(most, writer.status.files);
    }
    expect(most).toBeLessThanOrEqual(4);
    expect(writer.status.deletedFiles).toBeGreaterThanOrEqual(6);
    // 500 chunks of four segments at most; a thousand were written.
    expect(writer.status.bytesWritten).toBeLessThan(150_000);
  });
});

describe("a log that is followed", () => {
  it("is read to its end while it is written, across segments", async () => {
    const path = fresh();
    const records = session(5);
    const clock = new DrivenClock(START);
    const options = { clock, onFailure: fail, segments: { span: seconds(1) } };
    const writer = await LogWriter.open(path, { ...options, chunkSpan: millis(100) });
    for (const record of records.slice(0, 40)) writer.append(record);
    await writer.flush();
    const got: LogRecord[] = [];
    const signal = new AbortController().signal;
    const reading = (async () => {
      for await (const record of readLog(path, { follow: { clock, signal } })) got.push(record);
    })();
    await expect.poll(() => got.length, { timeout: 15_000 }).toBe(40);
    for (const [index, record] of records.slice(40).entries()) {
      writer.append(record);
      if (index % 10 === 0) await writer.flush();
      clock.advance(micros(clock.now() + 40_000));
    }
    await writer.close();
    const ticking = setInterval(() => clock.advance(micros(clock.now() + 100_000)), 1);
    await reading;
    clearInterval(ticking);
    expect(got).toEqual(records);
  });

  it("is read on after its writer was killed and another went on", async () => {
    const path = `${fresh()}.mcap`;
    const records = session(2);
    const oneFile = { chunkSpan: millis(100) };
    const clock = new DrivenClock(START);
    const open = (existing: "refuse" | "append") =>
      LogWriter.open(path, { clock, onFailure: fail, existing, ...oneFile });
    const first = await open("refuse");
    for (const record of records.slice(0, 20)) first.append(record);
    await first.flush();
    await first.close();
    // Its end and half of the last chunk are gone.
    await truncate(path, (await readFile(path)).byteLength - 900);
    const got: LogRecord[] = [];
    const signal = new AbortController().signal;
    const reading = (async () => {
      for await (const record of readLog(path, { follow: { clock, signal } })) got.push(record);
    })();
    const ticking = setInterval(() => clock.advance(micros(clock.now() + 100_000)), 1);
    await expect.poll(() => got.length, { timeout: 15_000 }).toBeGreaterThan(5);
    const kept = (await read(path)).length;
    await using second = await open("append");
    for (const record of records.slice(kept)) second.append(record);
    await second.close();
    await reading;
    clearInterval(ticking);
    expect(got).toEqual(records);
  });

  it("ends when its reader has had enough", async () => {
    const path = `${fresh()}.mcap`;
    const clock = new DrivenClock(START);
    await using writer = await LogWriter.open(path, { clock, onFailure: fail });
    writer.append(config);
    await writer.flush();
    const stop = new AbortController();
    const got: LogRecord[] = [];
    for await (const record of readLog(path, { follow: { clock, signal: stop.signal } })) {
      got.push(record);
      stop.abort();
    }
    expect(got).toEqual([config]);
  });
});
