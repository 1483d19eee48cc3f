import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { readLog } from "../../src/log/readLog.ts";
import { readingLine } from "../../src/pipeline/readingLine.ts";
import { type ReplayOptions, recordReplays } from "../../src/pipeline/recordReplays.ts";
import { replayLog } from "../../src/pipeline/replayLog.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { seconds } from "../../src/units.ts";
import { SENSORS, type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

let tiny: TinyPipeline;
beforeAll(async () => {
  tiny = await tinyPipeline(3);
}, 240_000);
afterAll(() => tiny[Symbol.asyncDispose]());

const recorded = (file: string, options: ReplayOptions) => {
  const { signal } = new AbortController();
  const what = { recordable: tiny.definition, feed: tiny.options.feed };
  return recordReplays(file, what, SENSORS, signal, options);
};

it("records what a driven run of the same feed makes its readings from", async () => {
  const file = join(tiny.folder, "driven.mcap");
  const { feed } = tiny.options;
  const summary = await recorded(file, { truth: feed.truth });
  expect(summary.frames).toEqual({ a: 75, b: 75 });

  const replayed: string[] = [];
  await replayLog(tiny.definition, {
    records: readLog(file),
    answerWith: [],
    device: "cpu",
    threads: 1,
    watch: ({ moments }) => {
      moments.subscribe(({ reading }) => replayed.push(readingLine(reading)));
    },
  });
  const ran: string[] = [];
  await using run = await startPipeline(tiny.definition, tiny.options);
  run.moments.subscribe(({ reading }) => ran.push(readingLine(reading)));
  await run.go();
  expect(ran.length).toBeGreaterThan(70);
  expect(replayed).toEqual(ran);
}, 240_000);

it("carries the truth of its feed, and the same bytes each time", async () => {
  const files = ["one.mcap", "two.mcap"].map((name) => join(tiny.folder, name));
  for (const file of files)
    await recorded(file, { truth: tiny.options.feed.truth, without: ["b"] });
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

it("ends where it is told to, and refuses streams that there are not", async () => {
  const short = await recorded(join(tiny.folder, "short.mcap"), { length: seconds(1) });
  expect(short.frames["a"]).toBeGreaterThan(20);
  expect(short.frames["a"]).toBeLessThan(27);
  await expect(recorded(join(tiny.folder, "never.mcap"), { without: ["c"] })).rejects.toThrow(
    /expected one of its streams, got c/,
  );
});
