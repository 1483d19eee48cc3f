import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { readLog } from "../../src/log/readLog.ts";
import { readingLine } from "../../src/pipeline/readingLine.ts";
import { recordDriven } from "../../src/pipeline/recordDriven.ts";
import { replayLog } from "../../src/pipeline/replayLog.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { SENSORS, type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

let tiny: TinyPipeline;
beforeAll(async () => {
  tiny = await tinyPipeline(3);
}, 240_000);
afterAll(() => tiny[Symbol.asyncDispose]());

it("records what a driven run of the same feed makes its readings from", async () => {
  const file = join(tiny.folder, "driven.mcap");
  const { feed } = tiny.options;
  const summary = await recordDriven(tiny.definition, {
    file,
    feed,
    without: [],
    sensors: SENSORS,
  });
  expect(summary.frames).toEqual({ a: 75, b: 75 });

  const recorded: string[] = [];
  await replayLog(tiny.definition, {
    records: readLog(file),
    answerWith: [],
    device: "cpu",
    threads: 1,
    watch: ({ moments }) => {
      moments.subscribe(({ reading }) => recorded.push(readingLine(reading)));
    },
  });
  const ran: string[] = [];
  await using run = await startPipeline(tiny.definition, tiny.options);
  run.moments.subscribe(({ reading }) => ran.push(readingLine(reading)));
  await run.go();
  expect(ran.length).toBeGreaterThan(70);
  expect(recorded).toEqual(ran);
}, 240_000);

it("carries the truth of its feed, and the same bytes each time", async () => {
  const files = ["one.mcap", "two.mcap"].map((name) => join(tiny.folder, name));
  for (const file of files)
    await recordDriven(tiny.definition, {
      file,
      feed: tiny.options.feed,
      without: ["b"],
      sensors: SENSORS,
    });
  const told = await Promise.all(
    files.map(async (file) => {
      const records = [];
      for await (const record of readLog(file)) records.push(record);
      return records;
    }),
  );
  expect(told[0]).toEqual(told[1]);
  const labels = told[0]?.flatMap((record) => (record.kind === "LABEL" ? [record.label] : []));
  expect(labels?.map(({ label, by }) => [label, by])).toEqual([["one", "truth"]]);
  expect(told[0]?.some((record) => record.kind === "DATA" && record.chunk.stream === "b")).toBe(
    false,
  );
});

it("refuses what has no end, and streams that there are not", async () => {
  const { duration: _, ...endless } = tiny.options.feed;
  const options = { file: join(tiny.folder, "never.mcap"), without: [], sensors: SENSORS };
  await expect(recordDriven(tiny.definition, { ...options, feed: endless })).rejects.toThrow(
    ConfigError,
  );
  await expect(
    recordDriven(tiny.definition, { ...options, feed: tiny.options.feed, without: ["c"] }),
  ).rejects.toThrow(/expected one of its streams, got c/);
});
