import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { labelTable, streamTable } from "../../src/exchange/recordingTables.ts";
import { isoMicros, writeTable } from "../../src/exchange/writeTable.ts";
import { writeLog } from "../../src/log/writeLog.ts";
import { at, label, START, smallLog, stream } from "../log/smallLog.ts";

let folder: string;
let log: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-tables-"));
  log = join(folder, "log.mcap");
  await writeLog(log, smallLog([stream("a")], { from: 0, to: 0.3 }));
});
afterAll(() => rm(folder, { recursive: true }));

const numbers = () => streamTable(log, stream("a"), { start: START });

describe("tables of a recording", () => {
  it("are CSV with a head, times to the microsecond", async () => {
    const path = join(folder, "a.csv");
    expect(await writeTable(path, numbers())).toBe(3);
    expect(await readFile(path, "utf8")).toBe(
      "time,seconds,sequence,v0\n" +
        "2026-01-01T00:00:00.000000Z,0,0,0\n" +
        "2026-01-01T00:00:00.100000Z,0.1,1,1\n" +
        "2026-01-01T00:00:00.200000Z,0.2,2,2\n",
    );
  });

  it("are Parquet that others read, with times as such and what is not known as null", async () => {
    const path = join(folder, "labels.parquet");
    const labels = [{ ...label('say "hi", twice', 0.5, 1), slot: "speech" }, label("clap", 1, 1.5)];
    expect(await writeTable(path, labelTable(labels, { start: START }))).toBe(2);
    const bytes = await readFile(path);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const rows = await parquetReadObjects({ file });
    expect(rows).toEqual([
      {
        ...{ time: new Date((START + 500_000) / 1e3), until: new Date((START + 1e6) / 1e3) },
        ...{ from: 0.5, to: 1, label: 'say "hi", twice', slot: "speech", by: "person" },
      },
      {
        ...{ time: new Date((START + 1e6) / 1e3), until: new Date((START + 1.5e6) / 1e3) },
        ...{ from: 1, to: 1.5, label: "clap", slot: "", by: "person" },
      },
    ]);
  });

  it("quote what would break a line of CSV", async () => {
    const path = join(folder, "labels.csv");
    await writeTable(path, labelTable([label('a "b",\nc', 0, 1)], { start: START }));
    expect(await readFile(path, "utf8")).toContain(',"a ""b"",\nc",,person\n');
  });

  it("say the microseconds that a Date would lose", () => {
    expect(isoMicros(at(1.000_007))).toBe("2026-01-01T00:00:01.000007Z");
  });
});
