import { describe, expect, it } from "vitest";

import { explainRow } from "../../src/cli/explainRow.ts";
import { explanationLines } from "../../src/cli/explanationLines.ts";
import { parseRow } from "../../src/cli/parseRow.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { readLog } from "../../src/log/readLog.ts";
import { micros, millis, seconds } from "../../src/units.ts";
import { tinyPipeline } from "../support/tinyPipeline.ts";
import { DEMO, runCommandLine } from "./runCommandLine.ts";

describe("sensorium explain", { timeout: 120_000 }, () => {
  it("says of each stream of a row what was used, how old it was and how it was obtained", async () => {
    const { code, out } = await runCommandLine("explain", "12.3s", "--log", DEMO);
    expect(code).toBe(0);
    expect(out).toMatch(/^desk:1767225612320000:1 {2}row 308, 12\.32 s into its grid\n/);
    expect(out).toContain("let out by a HEARTBEAT record of text");
    expect(out).toMatch(/waited for text: needed up to -40 ms, had up to -40\.001 ms/);
    expect(out).toMatch(/^audio +real: 4 frames, newest 10 ms old, here at \+2\.0 ms$/m);
    expect(out).toMatch(/^ +4 +-40\.0 … -10\.0 ms +#1228–1231 +used$/m);
    expect(out).toMatch(/^text +missing \(gap\): the stream is known up to here/m);
  });

  it("finds the same row by id and by index, as JSON", async () => {
    const id = "desk:1767225612320000:1";
    const [byId, byIndex] = await Promise.all(
      [id, "#308"].map((row) => runCommandLine("explain", row, "--log", DEMO, "--json")),
    );
    expect(byId?.out).toBe(byIndex?.out);
    const { state, row } = JSON.parse(byId?.out ?? "");
    expect([state, row.id, row.streams.length]).toEqual(["formed", id, 3]);
  });

  it("says which rows there are when the one asked for is not among them", async () => {
    const { code, err } = await runCommandLine("explain", "#99999", "--log", DEMO);
    expect(code).toBe(1);
    expect(err).toContain("expected a row #99999, got a log without it: it has 944");
  });

  it("names the reason of every frame near a row that was not used", async () => {
    await using tiny = await tinyPipeline(2);
    const path = String(tiny.options.feed.sensors["a"]?.options["path"]);
    const records: LogRecord[] = [];
    for await (const record of readLog(path)) {
      records.push(record);
      if (record.kind !== "DATA" || record.chunk.stream !== "a") continue;
      const { chunk, logTime } = record;
      if (chunk.firstSequence === 20) records.push(record);
      // Sensed between frames 20 and 21, here after frame 22.
      if (chunk.firstSequence === 22)
        records.push({
          kind: "DATA",
          logTime,
          chunk: {
            ...chunk,
            firstSequence: 900,
            originTimes: [micros((chunk.originTimes[0] ?? 0) - 60_000)],
          },
        });
    }
    const explained = await explainRow(tiny.definition, asLog(records), parseRow("#21"));
    if (explained.state !== "formed") throw new Error(explained.state);
    const [a, b] = explained.row.streams;
    expect(a?.around.map(({ sequence, fate }) => [sequence, fate])).toEqual([
      [19, "other"],
      [20, "other"],
      [20, "duplicate"],
      [900, "late"],
      [21, "used"],
      [22, "other"],
      [23, "other"],
    ]);
    expect(b?.around.filter(({ fate }) => fate === "used")).toHaveLength(1);
  });

  it("tells that a row was told again, where the pipeline asks for revisions", async () => {
    await using tiny = await tinyPipeline(2);
    const path = String(tiny.options.feed.sensors["a"]?.options["path"]);
    const records: LogRecord[] = [];
    let held: LogRecord | undefined;
    for await (const record of readLog(path)) {
      const sequence =
        record.kind === "DATA" && record.chunk.stream === "a" ? record.chunk.firstSequence : -1;
      if (sequence === 21) held = record;
      else records.push(record);
      // Frame 21 comes only after frame 23.
      if (sequence === 23 && held !== undefined) records.push({ ...held, logTime: record.logTime });
    }
    const { definition } = tiny;
    const grid = { ...definition.grid, revisionHorizon: seconds(1) };
    const explained = await explainRow({ ...definition, grid }, asLog(records), parseRow("#21"));
    if (explained.state !== "formed") throw new Error(explained.state);
    const { row } = explained;
    const by = { kind: "DATA", stream: "a" };
    expect(row.revisions).toMatchObject([{ revision: 1, streams: ["a"], settledBy: by }]);
    expect(row.streams[0]?.around.find(({ fate }) => fate === "used")?.sequence).toBe(21);
    expect(explanationLines(row).join("\n")).toMatch(/told again \(1\) at \+\S+ ms: a changed/);
    const never = await explainRow(definition, asLog(records), parseRow("#21"));
    expect(never).toMatchObject({ state: "formed", row: { id: row.id } });
    expect(never).not.toHaveProperty("row.revisions");
  });

  it("says what a row was still waiting for when the log ended", async () => {
    await using tiny = await tinyPipeline(2);
    const path = String(tiny.options.feed.sensors["a"]?.options["path"]);
    const records: LogRecord[] = [];
    for await (const record of readLog(path)) records.push(record);
    // The last record is the frame of b at the last instant.
    const cut = asLog(records.slice(0, -1));
    const explained = await explainRow(tiny.definition, cut, parseRow("#49"));
    expect(explained).toMatchObject({
      state: "waiting",
      blocking: { index: 49, due: true, waits: [{ stream: "b" }] },
    });
  });

  it("says of an instant without a row that nothing was there for long, and between which rows", async () => {
    await using tiny = await tinyPipeline(2);
    const path = String(tiny.options.feed.sensors["a"]?.options["path"]);
    const records: LogRecord[] = [];
    for await (const record of readLog(path)) {
      const sequence = record.kind === "DATA" ? record.chunk.firstSequence : 0;
      if (sequence <= 10 || sequence > 40) records.push(record);
    }
    const { definition } = tiny;
    const grid = { ...definition.grid, longestEmpty: millis(200) };
    const explain = (row: string, of = records) =>
      explainRow({ ...definition, grid }, asLog(of), parseRow(row));
    const untold = await explain("#30");
    if (untold.state !== "untold") throw new Error(untold.state);
    const { before = "", after = "", skipped, time } = untold;
    const [first, second] = await Promise.all([before, after].map((row) => explain(row)));
    if (first?.state !== "formed" || second?.state !== "formed") throw new Error("rows expected");
    expect(second.row.index - first.row.index - 1).toBe(skipped);
    expect(time).toBe(first.row.time + (30 - first.row.index) * 40_000);
    // The last five empty rows that were told, and the first one with a frame.
    expect([first.row.index, second.row.index]).toEqual([16, 41]);
    // A log that ends within the stretch, once nobody is waited for any more.
    const { logTime = micros(0) } = records.find(({ kind }) => kind === "CONFIG") ?? {};
    const quiet: LogRecord[] = ["a", "b"].map((stream) => ({
      kind: "HEARTBEAT",
      logTime: micros(logTime + 2e6),
      stream,
      until: micros(first.row.time + 1e6),
    }));
    const cut = [...records.filter((one) => one.logTime <= first.row.time - 240_000), ...quiet];
    expect(await explain("#30", cut)).toMatchObject({ state: "untold", before });
    expect(await explain("#30", cut)).not.toHaveProperty("after");
  });

  it.each(["", "12", "desk:1", "#x", "-4s"])("refuses %j as a row", (text) => {
    expect(() => parseRow(text)).toThrow("expected a row's id");
  });
});

async function* asLog(records: readonly LogRecord[]): AsyncGenerator<LogRecord> {
  yield* records;
}
