import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { filter, firstValueFrom } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readLog } from "../../src/log/readLog.ts";
import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import type { RunOptions } from "../../src/pipeline/RunOptions.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { pipelineFeed } from "../../src/server/pipelineFeed.ts";
import { filesThatTell } from "../log/filesThatTell.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

let tiny: TinyPipeline;
beforeAll(async () => {
  tiny = await tinyPipeline(4);
}, 60_000);
afterAll(() => tiny[Symbol.asyncDispose]());

async function go(
  options: Partial<RunOptions>,
  after: (run: PipelineRun) => Promise<void>,
): Promise<void> {
  await using run = await startPipeline(tiny.definition, { ...tiny.options, ...options });
  const problems: string[] = [];
  let readings = 0;
  run.problems.subscribe(({ text }) => problems.push(text));
  run.moments.subscribe(() => readings++);
  await run.go();
  expect(readings).toBe(100);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^recording stopped: .*expected a disk that takes the log/);
  expect(run.recording()).toMatchObject({ state: "failed", files: 1 });
  await after(run);
}

async function recordsOf(log: string): Promise<number> {
  let records = 0;
  for await (const _record of readLog(log)) records++;
  return records;
}

describe("a disk that is full", { timeout: 60_000 }, () => {
  it("stops the recording loudly; the run goes on, and says so to who asks", async () => {
    const record = join(tiny.folder, "full.mcap");
    const { openFile } = filesThatTell(8_000);
    await go({ record, recording: { openFile } }, async (run) => {
      const told = pipelineFeed(run).messages.pipe(filter(({ kind }) => kind === "streams"));
      const { recording } = (await firstValueFrom(told)) as { recording?: unknown };
      expect(recording).toMatchObject({ state: "failed" });
      expect(String(Reflect.get(Object(recording), "problem"))).toContain("full.mcap");
    });
    expect(await recordsOf(record)).toBeGreaterThan(3);
  });

  it("is no different where the disk is real", async ({ skip }) => {
    const folder = join(tiny.folder, "small");
    await mkdir(folder);
    const mounting = promisify(execFile)("mount", [
      "-t",
      "tmpfs",
      "-o",
      "size=8k",
      "tmpfs",
      folder,
    ]);
    const isMounted = await mounting.then(
      () => true,
      () => false,
    );
    if (!isMounted) skip("a disk of 8 kB cannot be mounted here");
    try {
      const record = join(folder, "run.mcap");
      await go({ record }, async () => {
        expect(await recordsOf(record)).toBeGreaterThan(0);
      });
    } finally {
      await promisify(execFile)("umount", [folder]);
    }
  });
});
