import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Label } from "../../src/frames/EventSpan.ts";
import type { LearnOptions } from "../../src/pipeline/RunOptions.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { pipelineFeed } from "../../src/server/pipelineFeed.ts";
import type { Server } from "../../src/server/Server.ts";
import { micros } from "../../src/units.ts";
import { dashboardTests } from "../support/dashboardTests.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

const { browser, newPage, serve } = await dashboardTests();

/** Publishes whatever it has learnt, soon: what is tested here is that page and run understand each other. */
const ungated: LearnOptions = (() => {
  const online = { candidateEvery: 25, leastLearnt: 2, batch: 2, rate: 2, heldEvery: 1_000 };
  return { online: { ...online, gate: undefined as never, codebook: { tau: 4e6, maxStep: 0.5 } } };
})();

describe.skipIf(browser === undefined)("teaching a real run", { timeout: 120_000 }, () => {
  let tiny: TinyPipeline;
  beforeAll(async () => {
    tiny = await tinyPipeline(4);
  }, 120_000);
  afterAll(() => tiny[Symbol.asyncDispose]());

  /** A run in real time, its server, a page on it, and the labels that people gave. */
  async function open(definition: TinyPipeline["definition"], learn?: LearnOptions) {
    const run = await startPipeline(definition, {
      ...{ ...tiny.options, pace: "realtime", loop: true },
      ...(learn !== undefined && { learn }),
    });
    const labels: Label[] = [];
    run.records.subscribe((record) => {
      if (record.kind === "LABEL" && record.label.by !== "truth") labels.push(record.label);
    });
    const server = await serve(pipelineFeed(run));
    const page = await newPage();
    const ended = run.go();
    await page.goto(server.url);
    await page.waitForSelector('[data-stream="a"][data-state="live"]');
    return {
      ...{ run, server, page, labels },
      async [Symbol.asyncDispose]() {
        await page.close();
        await server[Symbol.asyncDispose]();
        await run[Symbol.asyncDispose]();
        await ended;
      },
    };
  }

  it("puts what is dragged over on record, learns from it, and shows the versions there are", async () => {
    await using taught = await open(tiny.definition, ungated);
    const { run, page, labels, server } = taught;
    await give(page, "one");
    await page.waitForSelector(".label-form", { state: "detached" });
    const [label] = labels;
    expect(label).toMatchObject({ label: "one", slot: "number", by: "dashboard" });
    expect(Math.abs(run.now() - Number(label?.to))).toBeLessThan(60e6);
    await expect.poll(() => isTaughtSeen(page)).toBe(true);
    await expect.poll(() => given(server), { timeout: 30_000 }).toBe(1);

    await page.click(".model-name");
    await page.waitForSelector(".learning >> text=1 label given");
    await page.waitForSelector(`.versions li >> text=${run.model.version}`);
    let moment = 0;
    const more = run.moments.subscribe(({ reading }) => {
      moment++;
      const from = micros(reading.labelTime - 1e6);
      const said = { label: moment % 2 === 0 ? "one" : "two", by: "anna", slot: "number" };
      if (moment % 3 === 0) run.label({ ...said, from, to: micros(from + 1e5) });
    });
    await page.waitForSelector(".versions li >> text=learnt from", { timeout: 60_000 });
    more.unsubscribe();
    await page.click(".versions >> text=Roll back");
    await expect.poll(() => causes(taught)).toContain("rollback by dashboard");
    await page.click(`[aria-label="Pin ${run.model.version}"]`);
    await page.waitForSelector(".versions >> text=Unpin");
    expect(run.learning.report()).toMatchObject({ serving: run.model.version, isPinned: true });
    await page.waitForSelector(".model-name >> text=pinned");
    await page.click(".versions >> text=Unpin");
    await expect.poll(() => run.learning.report().isPinned).toBe(false);
    expect(await page.textContent(".versions .label-problem")).toBe("");
  });

  it("takes any name for what happened while there is no model, and offers those it was written for", async () => {
    const weights = pathToFileURL(join(tiny.folder, "not-yet.safetensors"));
    await using untrained = await open({ ...tiny.definition, model: { weights } });
    const { page, labels } = untrained;
    await give(page, " sneeze ");
    await page.waitForSelector(".label-form", { state: "detached" });
    expect(labels).toMatchObject([{ label: "sneeze", slot: "", by: "dashboard" }]);
    await expect.poll(() => isTaughtSeen(page)).toBe(true);
    await page.click("text=Label…");
    const offered = await page.evaluate<string[]>(
      '[...document.querySelectorAll("#label-classes option")].map(({ value }) => value)',
    );
    expect(offered).toEqual(["nothing", "one", "two"]);
    await page.fill("#label-name", "two");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".label-form", { state: "detached" });
    expect(labels[1]).toMatchObject({ label: "two", slot: "number" });
  });
});

/** Drags over the lane of labels and says what happened there. */
async function give(page: Page, label: string): Promise<void> {
  await page.waitForSelector(".labels-canvas");
  await page.waitForSelector('[data-role="now-word"]');
  const box = await page.locator(".labels-canvas").boundingBox();
  if (box === null) throw new Error("expected a lane of labels");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width - 160, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 60, y, { steps: 4 });
  await page.mouse.up();
  await page.fill("#label-name", label);
  await page.keyboard.press("Enter");
}

/** Whether a label that a person gave is drawn: its edge has a colour that nothing else there has. */
function isTaughtSeen(page: Page): Promise<boolean> {
  return page.evaluate<boolean>(`(() => {
    const canvas = document.querySelector(".labels-canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4)
      if (data[at] < 140 && data[at + 1] > 150 && data[at + 2] > 130) return true;
    return false;
  })()`);
}

async function given(server: Server): Promise<number> {
  const report = await (await fetch(new URL("api/versions", server.url))).json();
  return (report as { learner: { labels: { given: number } } }).learner.labels.given;
}

function causes({ run }: { readonly run: Awaited<ReturnType<typeof startPipeline>> }): string[] {
  return run.learning.report().changes.map(({ cause, by }) => `${cause} by ${by}`);
}
