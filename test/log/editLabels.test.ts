import { copyFile, mkdtemp, readFile, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { appendLabels, removeLabels } from "../../src/log/editLabels.ts";
import { fileMetadata } from "../../src/log/fileMetadata.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { LogWriter } from "../../src/log/LogWriter.ts";
import { logInfo } from "../../src/log/logInfo.ts";
import { readLog } from "../../src/log/readLog.ts";
import { writeLog } from "../../src/log/writeLog.ts";
import { millis } from "../../src/units.ts";
import { all, at, label, START, smallLog, stream } from "./smallLog.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-labels-"));
});
afterAll(() => rm(folder, { recursive: true }));

const wave = label("wave", 1, 1.2);
const clap = label("clap", 0.5, 0.6);
let files = 0;
async function labelled(...labels: ReturnType<typeof label>[]): Promise<string> {
  const path = join(folder, `${++files}.mcap`);
  await writeLog(path, smallLog([stream("a")], { labels }), { metadata: { pipeline: "p" } });
  return path;
}
const labelsOf = async (path: string) => (await logInfo(path)).labels;

describe("labels of a recording", () => {
  it("are added at its end, however long ago they happened; all else stays byte for byte", async () => {
    const path = await labelled(wave);
    const before = await all(readLog(path));
    await appendLabels(path, [clap]);
    const after = await all(readLog(path));
    expect(after.slice(0, -1)).toEqual(before);
    expect(after.at(-1)).toEqual({ kind: "LABEL", logTime: at(1.9), label: clap });
    expect((await fileMetadata(path)).closed).toBe(true);
  });

  it("leave what was noted at the recording's end", async () => {
    const path = join(folder, "noted.mcap");
    {
      const clock = new DrivenClock(START);
      await using log = await LogWriter.open(path, { clock, onFailure: () => undefined });
      for (const record of smallLog([stream("a")])) log.append(record);
      log.note({ "readings-sha256": "ab" });
    }
    await appendLabels(path, [clap]);
    expect((await fileMetadata(path)).metadata).toEqual({ "readings-sha256": "ab" });
  });

  it("are added to a recording that a crash left without its end", async () => {
    const whole = await labelled(wave);
    const torn = join(folder, "torn.mcap");
    await copyFile(whole, torn);
    await truncate(torn, (await stat(torn)).size - 400);
    await appendLabels(torn, [clap]);
    expect(await labelsOf(torn)).toEqual([wave, clap]);
    expect((await fileMetadata(torn)).closed).toBe(true);
  });

  it("are added to the last of a folder of segments, and refused to be taken from one", async () => {
    const path = join(folder, "segments");
    {
      const clock = new DrivenClock(START);
      const options = { clock, onFailure: () => undefined, chunkSpan: millis(100) };
      await using log = await LogWriter.open(path, { ...options, segments: { span: millis(500) } });
      for (const record of smallLog([stream("a")])) {
        if (record.logTime > clock.now()) clock.advance(record.logTime);
        log.append(record);
      }
    }
    const { files: before } = await logInfo(path);
    await appendLabels(path, [clap]);
    expect(await logInfo(path)).toMatchObject({ files: before, labels: [clap], closed: true });
    await expect(removeLabels(path, () => true)).rejects.toThrow("a folder of segments");
  });

  it("are taken off, and nothing else", async () => {
    const path = await labelled(wave, clap);
    const gone = await removeLabels(path, ({ label: name }) => name === "wave");
    expect(gone).toEqual([wave]);
    expect(await all(readLog(path))).toEqual(smallLog([stream("a")], { labels: [clap] }));
    expect((await fileMetadata(path)).metadata).toEqual({ pipeline: "p" });
  });

  it("are taken off without moving what a checkpoint counts back to", async () => {
    const checkpoint = (back: number): LogRecord => ({
      ...{ kind: "CHECKPOINT", logTime: at(3), back, model: "m", moments: 1, spans: 0 },
      state: Uint8Array.of(1),
    });
    const path = join(folder, "checkpoint.mcap");
    const late: LogRecord = { kind: "LABEL", logTime: at(3), label: wave };
    const idle: LogRecord = { kind: "IDLE", logTime: at(3), stream: "a" };
    await writeLog(path, [...smallLog([stream("a")]), late, idle, checkpoint(2), checkpoint(1)]);
    await removeLabels(path, () => true);
    const backs = (await all(readLog(path))).flatMap((record) =>
      record.kind === "CHECKPOINT" ? [record.back] : [],
    );
    expect(backs).toEqual([1, 1]);
  });

  it("change nothing where there is nothing to add", async () => {
    const path = await labelled(wave);
    const before = await readFile(path);
    await appendLabels(path, []);
    expect(await readFile(path)).toEqual(before);
  });
});
