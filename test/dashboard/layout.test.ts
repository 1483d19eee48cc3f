import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";

import bodyActions from "../../pipelines/body-actions/pipeline.ts";
import digits from "../../pipelines/digits/pipeline.ts";
import talkingFace from "../../pipelines/talking-face/pipeline.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { dashboardTests } from "../support/dashboardTests.ts";
import { StillFeed } from "../support/StillFeed.ts";

const { browser, newPage, serve } = await dashboardTests();
const clock = new SystemClock();
const EVERY_MS = 200;

/** Words of these must be whole: what carries the answer, whose column it is, what a loss costs, what is pinned. */
const WHOLE = [
  ".now-why",
  ".bars h2",
  ".drill-line",
  ".fact-model small",
  ".chip-title",
  ".chip-facts",
];

/** Words within `WHOLE` that lie outside what shows them, or over one another; those to scroll to are not cut. */
const CUT = `(() => {
  const cut = [];
  const lines = [];
  for (const part of document.querySelectorAll(${JSON.stringify(WHOLE.join(","))})) {
    const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(text);
      for (const box of range.getClientRects()) {
        if (box.width === 0) continue;
        let isSeen = true;
        for (let at = text.parentElement; at !== null && at !== document.body; at = at.parentElement) {
          const { overflowX, overflowY } = getComputedStyle(at);
          const room = at.getBoundingClientRect();
          const isBeside = box.right > room.right + 1 || box.left < room.left - 1;
          const isBelow = box.bottom > room.bottom + 3 || box.top < room.top - 3;
          if (isBelow && overflowY === "auto") isSeen = false;
          else if ((overflowX !== "visible" && isBeside) || (overflowY === "hidden" && isBelow))
            cut.push(text.textContent + " by ." + at.className);
        }
        if (isSeen) lines.push({ box, text, words: text.textContent });
      }
    }
  }
  for (const [at, one] of lines.entries())
    for (const other of lines.slice(at + 1)) {
      if (one.text === other.text) continue;
      const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (across > 1 && down > 4) cut.push(one.words + " over " + other.words);
    }
  return cut;
})()`;

async function settled(page: Page): Promise<void> {
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))");
}

describe.skipIf(browser === undefined)("the dashboard's words", { timeout: 120_000 }, () => {
  it.each([
    ["four streams", digits, "speech"],
    ["three streams and long names", bodyActions, "skeleton"],
    ["two streams", talkingFace, "video"],
  ])("are whole at every width, of %s, also with one unplugged", async (_, pipeline, lost) => {
    const feed = new StillFeed(pipeline);
    await using server = await serve(feed);
    const page = await newPage();
    const complaints: string[] = [];
    page.on("pageerror", (problem) => complaints.push(problem.message));
    const telling = setInterval(() => feed.say(clock.now()), EVERY_MS);
    try {
      await page.emulateMedia({ reducedMotion: "reduce" });
      await page.goto(server.url);
      for (const plug of ["Unplug", "Replug"]) {
        await page.waitForSelector('[data-role="now-word"][data-saying="word"]');
        await page.waitForSelector(`.drill-accuracy`);
        await page.waitForSelector(`[aria-label="${plug} ${lost}"]`);
        for (const width of [1440, 1280, 1024, 768, 390]) {
          await page.setViewportSize({ width, height: 800 });
          await settled(page);
          const cut = await page.evaluate<string[]>(CUT);
          expect({ width, cut }).toEqual({ width, cut: [] });
        }
        await page.click(`[aria-label="${plug} ${lost}"]`);
      }
      expect(complaints).toEqual([]);
    } finally {
      clearInterval(telling);
      await page.close();
    }
  });
});
