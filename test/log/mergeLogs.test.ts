import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { LogRecord } from "../../src/log/LogRecord.ts";
import { mergeLogs } from "../../src/log/mergeLogs.ts";
import { writeLog } from "../../src/log/writeLog.ts";
import { millis } from "../../src/units.ts";
import { all, at, framesIn, label, smallLog, stream } from "./smallLog.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-merge-"));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function logOf(records: readonly LogRecord[]): Promise<string> {
  const path = join(folder, `${++files}.mcap`);
  await writeLog(path, records, { metadata: { pipeline: "p", feed: String(files) } });
  return path;
}

async function merged(...logs: readonly (readonly LogRecord[])[]): Promise<LogRecord[]> {
  const paths = await Promise.all(logs.map(logOf));
  return all((await mergeLogs(paths)).records);
}

describe("mergeLogs", () => {
  it("puts more streams of the same time in the order of their log times", async () => {
    const [a, b] = [smallLog([stream("a")], { to: 0.3 }), smallLog([stream("b")], { to: 0.3 })];
    const records = await merged(a, b);
    expect(records[0]).toMatchObject({ streams: [{ stream: "a" }, { stream: "b" }] });
    expect(framesIn(records)).toEqual([
      "a@0=0",
      "b@0=0",
      "a@0.1=1",
      "b@0.1=1",
      "a@0.2=2",
      "b@0.2=2",
    ]);
    expect(records.filter(({ kind }) => kind === "CONFIG")).toHaveLength(1);
  });

  it("puts takes of the same streams one after the other, whatever their order", async () => {
    const records = await merged(
      smallLog([stream("a")], { from: 5, to: 5.2 }),
      smallLog([stream("a")], { from: 0, to: 0.2 }),
    );
    expect(framesIn(records)).toEqual(["a@0=0", "a@0.1=1", "a@5=50", "a@5.1=51"]);
    expect(records[0]).toMatchObject({ kind: "CONFIG", origin: at(0) });
  });

  it("keeps equal labels once, and what all files say of themselves alike", async () => {
    const labels = [label("clap", 0, 0.1)];
    const paths = [
      await logOf(smallLog([stream("a")], { to: 0.1, labels })),
      await logOf(smallLog([stream("b")], { to: 0.1, labels: [...labels, label("wave", 0, 0.1)] })),
    ];
    const { records, metadata } = await mergeLogs(paths);
    expect((await all(records)).filter(({ kind }) => kind === "LABEL")).toHaveLength(2);
    expect(metadata).toEqual({ pipeline: "p" });
  });

  it.each([
    [
      "one stream twice at the same time",
      smallLog([stream("a")], { from: 1, to: 3 }),
      /stream a from one log at a time.*from 2026-01-01T00:00:01.000Z to 2026-01-01T00:00:01.900Z/,
    ],
    [
      "two descriptions of one stream",
      smallLog([stream("a", { unit: "g" })], { from: 9, to: 9.2 }),
      /one description of stream a/,
    ],
    ["another grid", smallLog([stream("b")], { period: millis(20) }), /40000 us.*20000 us/],
    ["another site", smallLog([stream("b", { site: "gym" })]), /logs of one site, got lab.*gym/],
  ])("refuses %s, and says where", async (_, other, message) => {
    await expect(merged(smallLog([stream("a")]), other)).rejects.toThrow(message);
  });

  it("refuses to merge one log with nothing", async () => {
    await expect(mergeLogs([await logOf(smallLog([stream("a")]))])).rejects.toThrow(
      "two logs or more",
    );
  });
});
