import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import { pipelineFeed } from "../../src/server/pipelineFeed.ts";
import type { Server } from "../../src/server/Server.ts";
import { dashboardTests } from "../support/dashboardTests.ts";
import { talkingFace } from "../support/talkingFace.ts";

const { browser, newPage, serve } = await dashboardTests();

// Real time, real processes, a real browser: on a busy machine everything takes its time.
const PATIENCE = { timeout: 60_000 };

describe.skipIf(browser === undefined)("from a sensor's process to a pixel", () => {
  let run: PipelineRun;
  let server: Server;
  let ended: Promise<void>;

  beforeAll(async () => {
    run = await talkingFace({ pace: "realtime", loop: true });
    server = await serve(pipelineFeed(run));
    ended = run.go();
  }, 90_000);

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await run[Symbol.asyncDispose]();
    await ended;
  });

  it("shows a word that was heard, loses a sensor for real, goes on, and takes it back", async () => {
    const page = await newPage();
    const complaints: string[] = [];
    page.on("pageerror", (problem) => complaints.push(problem.message));
    const sees = (selector: string) => page.waitForSelector(selector, PATIENCE);
    await page.goto(server.url);

    await sees('[data-role="now-word"][data-saying="word"]');
    const word = await page.textContent('[data-role="now-word"]');
    expect(run.model.classes).toContain(word);
    await sees('[data-stream="audio"][data-state="live"]');

    await page.click('[aria-label="Unplug audio"]');
    await sees('[data-stream="audio"][data-state="unplugged"]');
    expect(run.streams().find(({ stream }) => stream === "audio")?.state).toBe("unplugged");
    const before = run.counters().moments;
    await sees('[data-role="now-word"][data-saying="nothing"]');
    await sees('[data-role="now-word"][data-saying="word"]');
    expect(run.counters().moments).toBeGreaterThan(before);

    await page.click('[aria-label="Replug audio"]');
    await sees('[data-stream="audio"][data-state="live"]');
    expect(complaints).toEqual([]);
  }, 240_000);
});
