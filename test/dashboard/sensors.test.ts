import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { pipelineFeed } from "../../src/server/pipelineFeed.ts";
import { Server } from "../../src/server/Server.ts";
import {
  type BuiltDashboard,
  buildDashboard,
  launchBrowser,
  NO_BROWSER,
} from "../support/browser.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

const browser = await launchBrowser();
if (browser === undefined) process.stderr.write(`${NO_BROWSER}\n`);

// Real sensors' processes on a machine that may be busy.
const PATIENCE = { timeout: 90_000 };

describe.skipIf(browser === undefined)("attaching a sensor from the dashboard", () => {
  let built: BuiltDashboard;
  let tiny: TinyPipeline;
  let run: PipelineRun;
  let server: Server;
  let ended: Promise<void>;

  beforeAll(async () => {
    [built, tiny] = await Promise.all([buildDashboard(), tinyPipeline(2)]);
    run = await startPipeline(tiny.definition, { ...tiny.options, pace: "realtime", loop: true });
    const options = { clock: new SystemClock(), port: 0, dashboard: built.folder };
    server = await Server.start(pipelineFeed(run), options);
    ended = run.go();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await server[Symbol.asyncDispose]();
    await run[Symbol.asyncDispose]();
    await ended;
    await tiny[Symbol.asyncDispose]();
    await built[Symbol.asyncDispose]();
  }, 180_000);

  it("shows who feeds what, adds a stream with its lane, and takes it away", async () => {
    if (browser === undefined) throw new Error(NO_BROWSER);
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
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
    if (browser === undefined) throw new Error(NO_BROWSER);
    const page = await browser.newPage();
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
