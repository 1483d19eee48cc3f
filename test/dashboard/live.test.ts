import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import type { Server } from "../../src/server/Server.ts";
import { micros, seconds } from "../../src/units.ts";
import { frameRate, NO_BROWSER, watchFrames } from "../support/browser.ts";
import { dashboardTests } from "../support/dashboardTests.ts";
import { runSynthetic } from "../support/runSynthetic.ts";
import { SubjectFeed } from "../support/SubjectFeed.ts";
import { SyntheticFeed } from "../support/SyntheticFeed.ts";

const { browser, newPage, serve } = await dashboardTests();
const clock = new SystemClock();
/** A sentence and the pause before the next one: a page that opens finds itself amid words. */
const PAST = seconds(3);

describe.skipIf(browser === undefined)("the live dashboard in a browser", () => {
  let shared: Promise<Page> | undefined;
  let complaints: string[] = [];

  beforeAll(async () => {
    shared = newPage();
    const page = await shared;
    page.on("pageerror", (problem) => complaints.push(problem.message));
    page.on("console", (line) => {
      if (line.type() === "error" || line.type() === "warning") complaints.push(line.text());
    });
    await watchFrames(page);
  });

  /**
   * The page on a server; what the browser complains of is collected. It is one page for all tests, and
   * moves in steps unless a test is about motion: starting pages and drawing is most of what they cost.
   */
  async function open(server: Server) {
    const page = await shared;
    if (page === undefined) throw new Error(NO_BROWSER);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ reducedMotion: "reduce" });
    complaints = [];
    await page.goto(server.url);
    return {
      page,
      complaints,
      async [Symbol.asyncDispose]() {
        await page.unrouteAll({ behavior: "ignoreErrors" });
        await page.goto("about:blank");
      },
    };
  }

  /**
   * A served synthetic feed that runs until it is disposed. It has a past: a page that opens is told of a
   * sentence at once, and need not wait for one to be said.
   */
  async function running() {
    const feed = new SyntheticFeed(micros(clock.now() - PAST));
    const server = await serve(feed);
    while (feed.nextTime <= clock.now()) feed.advance();
    const stop = new AbortController();
    const done = runSynthetic(feed, clock, stop.signal);
    return {
      feed,
      server,
      async [Symbol.asyncDispose]() {
        stop.abort();
        await done;
        await server[Symbol.asyncDispose]();
      },
    };
  }

  /** Such a feed, and a page that shows it. */
  async function show() {
    const source = await running();
    const tab = await open(source.server);
    return {
      ...source,
      ...tab,
      async [Symbol.asyncDispose]() {
        await tab[Symbol.asyncDispose]();
        await source[Symbol.asyncDispose]();
      },
    };
  }

  it("shows the word being said, every lane, and breaks no rule of its own policy", async () => {
    await using tab = await show();
    await tab.page.waitForSelector('[data-role="now-word"][data-saying="word"]');
    const word = await tab.page.textContent('[data-role="now-word"][data-saying="word"]');
    expect(tab.feed.hello().classes).toContain(word);
    for (const stream of ["audio", "video", "text"])
      await tab.page.waitForSelector(`[data-stream="${stream}"][data-state="live"]`);
    await tab.page.waitForSelector('[data-role="announcer"] >> text=every sensor is live', {
      state: "attached",
    });
    expect(await tab.page.title()).toBe("talking-face · sensorium");
    expect(await tab.page.locator("canvas").count()).toBe(7);
    const drawn = await tab.page.evaluate<number[]>(`[...document.querySelectorAll("canvas")].map(
      (canvas) => new Set(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
        .data.filter((_, at) => at % 4 === 0)).size)`);
    for (const shades of drawn) expect(shades).toBeGreaterThan(4);
    expect(tab.complaints).toEqual([]);
  });

  it("unplugs a sensor for real, goes on without it, and takes it back", async () => {
    await using tab = await show();
    await tab.page.click('[aria-label="Unplug video"]');
    await tab.page.waitForSelector('[data-stream="video"][data-state="unplugged"]');
    await tab.page.waitForSelector(".bars-none");
    await tab.page.waitForSelector('[data-role="now-word"][data-saying="word"]');
    expect(await tab.page.textContent(".now-why")).not.toContain("video");
    await tab.page.click('[aria-label="Replug video"]');
    await tab.page.waitForSelector('[data-stream="video"][data-state="live"]');
    await tab.page.waitForSelector(".carrier >> text=video");
    expect(tab.complaints).toEqual([]);
  });

  it("says what a loss would cost, by the gauges of the last minute", async () => {
    await using tab = await show();
    await tab.page.waitForSelector('.drill-line .meter[data-level="good"]');
    const lines = await tab.page.locator(".drill-line").allTextContents();
    expect(lines[0]).toMatch(/without video.*same answer 9[5-7] % · right 92 %/);
    expect(lines[1]).toMatch(/without audio.*same answer 8[6-8] % · right 83 %/);
    await tab.page.waitForSelector('[data-stream="video"] >> text=cos 0.84');
    expect(tab.complaints).toEqual([]);
  });

  it("says of a sensor that is broken but present what is wrong with it", async () => {
    await using tab = await show();
    await tab.page.waitForSelector('[data-stream="video"][data-state="live"]');
    tab.feed.breakStream("video", "frozen: the same frame again and again");
    await tab.page.waitForSelector('[data-stream="video"][data-state="broken"]');
    await tab.page.waitForSelector('[data-stream="video"] >> text=the same frame again');
    tab.feed.breakStream("video", undefined);
    await tab.page.waitForSelector('[data-stream="video"][data-state="live"]');
    expect(await tab.page.locator(".chip-doubt").count()).toBe(0);
  });

  it("takes a label for what is dragged over, and says why where it is refused", async () => {
    await using tab = await show();
    const posted: Record<string, unknown>[] = [];
    let refuse = true;
    await tab.page.route("**/api/labels", (route) => {
      posted.push(route.request().postDataJSON() as Record<string, unknown>);
      return refuse
        ? route.fulfill({ status: 409, json: { error: "the run has ended" } })
        : route.fulfill({ json: { ok: true } });
    });
    await tab.page.waitForSelector('[data-role="now-word"][data-saying="word"]');
    const box = await tab.page.locator(".labels-canvas").boundingBox();
    if (box === null) throw new Error("expected a lane of labels");
    const y = box.y + box.height / 2;
    await tab.page.mouse.move(box.x + box.width - 200, y);
    await tab.page.mouse.down();
    await tab.page.mouse.move(box.x + box.width - 100, y, { steps: 4 });
    await tab.page.mouse.up();
    await tab.page.fill("#label-name", "nonsense");
    await tab.page.keyboard.press("Enter");
    await tab.page.waitForSelector(".label-problem >> text=There is no class nonsense");
    expect(posted).toEqual([]);
    await tab.page.fill("#label-name", "nine");
    await tab.page.keyboard.press("Enter");
    await tab.page.waitForSelector(".label-problem >> text=the run has ended");
    refuse = false;
    await tab.page.keyboard.press("Enter");
    await tab.page.waitForSelector(".label-form", { state: "detached" });
    const [first, second] = posted;
    expect(second).toMatchObject({ label: "nine", slot: "digit", by: "dashboard" });
    expect(second).toEqual(first);
    const [from, to] = [Number(second?.["from"]), Number(second?.["to"])];
    expect(to - from).toBeGreaterThan(200_000);
    expect(Math.abs(to - tab.feed.nextTime)).toBeLessThan(60_000_000);
  });

  it("lists the versions of the model, pins one and rolls back", async () => {
    await using tab = await show();
    const asked: string[] = [];
    const first = { version: "m-1", since: 1, isServing: false };
    const learnt = { version: "m-2", since: 2, isServing: true, parent: "m-1" };
    await tab.page.route("**/api/versions**", (route) => {
      const request = route.request();
      if (request.method() === "POST") {
        asked.push(`${new URL(request.url()).pathname} ${request.postData()}`);
        return route.fulfill({ json: { ok: true } });
      }
      const versions = [first, learnt];
      return route.fulfill({ json: { serving: "m-2", isPinned: false, versions } });
    });
    await tab.page.click(".model-name");
    await tab.page.waitForSelector('.versions li[data-serving="true"] >> text=m-2');
    await tab.page.click('[aria-label="Pin m-1"]');
    await tab.page.click("text=Roll back");
    await expect.poll(() => asked.length).toBe(2);
    expect(asked).toEqual([
      '/api/versions/pin {"version":"m-1","by":"dashboard"}',
      '/api/versions/rollback {"by":"dashboard"}',
    ]);
    await tab.page.keyboard.press("Escape");
    await tab.page.waitForSelector(".versions[open]", { state: "detached" });
  });

  it("says what is wrong while the server is gone, and comes back by itself", async () => {
    await using source = await running();
    const { server: first } = source;
    await using tab = await open(first);
    await tab.page.waitForSelector('[data-connection="open"]');
    await tab.page.waitForSelector("canvas");
    const port = Number(new URL(first.url).port);
    await first[Symbol.asyncDispose]();
    await tab.page.waitForSelector('[data-connection="lost"]');
    await tab.page.waitForSelector('[data-role="explanation"] >> text=Connection lost');
    await using second = await serve(source.feed, port);
    await tab.page.waitForSelector('[data-connection="open"]');
    await tab.page.waitForSelector('[data-role="now-word"][data-saying="word"]');
    await tab.page.waitForSelector(".explanation-card", { state: "detached" });
    expect(second.counters.clients).toBe(1);
  });

  it("says why there is nothing to see, and who holds it up", async () => {
    const feed = new SubjectFeed();
    await using server = await serve(feed);
    await using tab = await open(server);
    await tab.page.waitForSelector('[data-role="explanation"] >> text=Nothing yet');
    feed.messages.next({
      kind: "status",
      state: "waiting",
      text: "Waiting for the microphone: it has never been heard.",
      blocking: ["audio"],
    });
    await tab.page.waitForSelector('[data-role="explanation"] >> text=Waiting for the microphone');
    feed.messages.error(new Error("the disk is full"));
    await tab.page.waitForSelector('[data-role="explanation"] >> text=the disk is full');
  });

  it("names the stream that holds the rows back once they stop, though all are live", async () => {
    const feed = new SyntheticFeed(clock.now());
    await using server = await serve(feed);
    await using tab = await open(server);
    await tab.page.waitForSelector('[data-connection="open"]');
    feed.advance();
    feed.messages.next({
      kind: "status",
      state: "waiting",
      text: "Row 512 waits for video.",
      blocking: ["video"],
      next: {
        index: 512,
        time: clock.now(),
        due: true,
        waits: [{ stream: "video", needs: micros(0), has: micros(-3_412_000) }],
      },
    });
    await tab.page.waitForSelector('[data-role="explanation"] >> text=Waiting for video');
    const line = await tab.page.textContent(".waits li");
    for (const words of ["video", "3.4 s short", "needed up to the row"])
      expect(line).toContain(words);
    feed.messages.next({ kind: "status", state: "running", text: "", blocking: [] });
    feed.advance();
    await tab.page.waitForSelector(".explanation-card", { state: "detached" });
    expect(tab.complaints).toEqual([]);
  });

  it("shows what the server refuses as a notice", async () => {
    await using tab = await show();
    await tab.page.waitForSelector('[data-connection="open"]');
    tab.feed.messages.next({
      kind: "problem",
      stream: "video",
      text: "expected 560 bytes, got 3",
    });
    await tab.page.waitForSelector(".notices >> text=video: expected 560 bytes, got 3");
  });

  it("says so when a message cannot be read, and goes on", async () => {
    await using source = await running();
    const page = await newPage();
    try {
      await page.routeWebSocket(/\/live$/, (socket) => {
        socket.connectToServer();
        socket.send(Buffer.from([0xc1, 0xff]));
        socket.send("hello there");
      });
      await page.goto(source.server.url);
      await page.waitForSelector(".notices >> text=The server sent something unreadable");
      await page.waitForSelector('[data-role="now-word"][data-saying="word"]');
    } finally {
      await page.close();
    }
  });

  it("moves in steps for people who asked for less motion", async () => {
    await using tab = await show();
    await tab.page.waitForSelector("canvas");
    const changes = () =>
      tab.page.evaluate<number>(`new Promise((resolve) => {
        const canvas = document.querySelector(".lane-columns canvas");
        const seen = new Set();
        const end = performance.now() + 600;
        const look = () => {
          const { data } = canvas.getContext("2d").getImageData(0, 60, canvas.width, 1);
          seen.add(data.join());
          if (performance.now() < end) requestAnimationFrame(look);
          else resolve(seen.size);
        };
        look();
      })`);
    await tab.page.emulateMedia({ reducedMotion: "no-preference" });
    const gliding = await changes();
    await tab.page.emulateMedia({ reducedMotion: "reduce" });
    const stepping = await changes();
    expect(stepping).toBeLessThanOrEqual(4);
    expect(gliding).toBeGreaterThan(stepping);
  });

  it("looks back with the keyboard, and returns to now", async () => {
    await using tab = await show();
    await tab.page.focus('[role="slider"]');
    for (let step = 0; step < 10; step += 1) await tab.page.keyboard.press("ArrowLeft");
    await tab.page.waitForSelector(".now-kicker >> text=2.0 s ago");
    expect(await tab.page.locator(".bars-none").count()).toBe(0);
    await tab.page.keyboard.press("Escape");
    await tab.page.waitForSelector(".now-kicker >> text=being said now");
  });

  it.each([
    ["a phone", 390, 844],
    ["a tablet", 800, 1024],
    ["a small laptop", 1024, 700],
    ["a window beside another", 1200, 900],
  ])("fits %s without scrolling sideways", async (_, width, height) => {
    await using tab = await show();
    await tab.page.setViewportSize({ width, height });
    await tab.page.waitForSelector("canvas");
    await tab.page.waitForSelector(".fact.latency");
    const overflow = await tab.page.evaluate<number>(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    expect(overflow).toBe(0);
  });

  it("draws frame after frame, and reports how many", async () => {
    await using tab = await show();
    await tab.page.waitForSelector("canvas");
    await tab.page.emulateMedia({ reducedMotion: "no-preference" });
    const { perSecond, scriptMs } = await frameRate(tab.page, 500);
    process.stdout.write(
      `dashboard: ${perSecond.toFixed(1)} frames/s, script ${scriptMs.mean.toFixed(2)} ms a frame\n`,
    );
    expect(perSecond).toBeGreaterThan(0);
  });
});
