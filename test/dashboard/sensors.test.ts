import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { pipelineFeed } from "../../src/server/pipelineFeed.ts";
import type { Server } from "../../src/server/Server.ts";
import { dashboardTests } from "../support/dashboardTests.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

const { browser, newPage, serve } = await dashboardTests();

// Real sensors' processes on a machine that may be busy.
const PATIENCE = { timeout: 90_000 };

describe.skipIf(browser === undefined)("attaching a sensor from the dashboard", () => {
  let tiny: TinyPipeline;
  let run: PipelineRun;
  let server: Server;
  let ended: Promise<void>;

  beforeAll(async () => {
    tiny = await tinyPipeline(2);
    run = await startPipeline(tiny.definition, { ...tiny.options, pace: "realtime", loop: true });
    server = await serve(pipelineFeed(run));
    ended = run.go();
  }, 180_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await run[Symbol.asyncDispose]();
    await ended;
    await tiny[Symbol.asyncDispose]();
  }, 180_000);

  it("shows who feeds what, adds a stream with its lane, and takes it away", async () => {
    const page = await newPage();
    page.setDefaultTimeout(PATIENCE.timeout);
    const complaints: string[] = [];
    page.on("pageerror", (problem) => complaints.push(problem.message));
    await page.goto(server.url);
    await page.click('[aria-label="Sensors"]');
    await page.waitForSelector('[data-sensor="a"] >> text=fed by recording');

    await page.selectOption('.attach [name="kind"]', "synthetic");
    await page.fill('.attach [name="stream"]', "level");
    await page.click(".attach summary");
    await page.fill('.attach [name="further"]', '{"signal":"sine"}');
    await page.click(".attach-go");
    await page.waitForSelector(".attach >> text=synthetic attached");
    await page.waitForSelector('[data-sensor="level"][data-state="live"] >> text=fed by synthetic');
    await page.waitForSelector('.chip[data-stream="level"][data-state="live"]');
    expect(run.hotPlug.guests.map(({ stream }) => stream)).toEqual(["level"]);

    await page.click('[aria-label="Detach level"]');
    await page.waitForSelector('[data-sensor="level"]', { state: "detached" });
    await page.waitForSelector('.chip[data-stream="level"]', { state: "detached" });
    expect(run.hotPlug.guests).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  }, 240_000);

  it("says what was expected where a sensor cannot be attached", async () => {
    const page = await newPage();
    page.setDefaultTimeout(PATIENCE.timeout);
    await page.goto(server.url);
    await page.click('[aria-label="Sensors"]');
    const refused = (text: string) =>
      page.waitForSelector(`.attach .label-problem >> text=${text}`);

    await page.selectOption('.attach [name="kind"]', "file");
    await page.fill('.attach [name="argument"]', "/nowhere/film.mp4");
    await page.click(".attach-go");
    await refused("film.mp4");

    await page.selectOption('.attach [name="kind"]', "synthetic");
    await page.fill('.attach [name="stream"]', "a");
    await page.click(".attach-go");
    await refused("expected a without a sensor; detach it first");

    await page.click(".attach summary");
    await page.fill('.attach [name="further"]', "[1");
    await page.click(".attach-go");
    await refused("expected a JSON object");
    await page.close();
  }, 240_000);
});
