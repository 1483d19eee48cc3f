import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { LogWriter } from "../../src/log/LogWriter.ts";
import type { ReadLogOptions } from "../../src/log/readLog.ts";
import { readPast } from "../../src/pipeline/readPast.ts";
import { millis, seconds } from "../../src/units.ts";
import { START, smallLog, stream } from "../log/smallLog.ts";

const told = vi.hoisted(() => ({ records: 0 }));
vi.mock(import("../../src/log/readLog.ts"), async (original) => {
  const real = await original();
  return {
    ...real,
    /** Reads as ever, and counts what is read. */
    async *readLog(log: string, options?: ReadLogOptions) {
      for await (const record of real.readLog(log, options)) {
        told.records++;
        yield record;
      }
    },
  } as typeof real;
});

it("reads each of many segments a few times, where none has a checkpoint", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sensorium-past-"));
  try {
    const log = join(folder, "log");
    const records = smallLog([stream("a"), stream("b")], { to: 40 });
    {
      const clock = new DrivenClock(START);
      await using writer = await LogWriter.open(log, {
        ...{ clock, segments: { span: seconds(1) }, chunkSpan: millis(200) },
        onFailure: (error) => {
          throw error;
        },
      });
      for (const record of records) {
        if (record.logTime > clock.now()) clock.advance(record.logTime);
        writer.append(record);
        await new Promise(setImmediate);
      }
    }
    expect((await readdir(log)).length).toBeGreaterThan(30);
    const past = await readPast(log, { model: "none" });
    expect(past).toMatchObject({ origin: START, isCut: false, to: records.at(-1)?.logTime });
    expect(past.state).toBeUndefined();
    expect([...past.frames.keys()]).toEqual(["a", "b"]);
    expect(told.records).toBeLessThan(4 * records.length);
  } finally {
    await rm(folder, { recursive: true });
  }
});
