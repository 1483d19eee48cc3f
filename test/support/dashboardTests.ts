import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import type { LiveFeed } from "../../src/server/LiveFeed.ts";
import { Server } from "../../src/server/Server.ts";
import { type BuiltDashboard, buildDashboard, launchBrowser, NO_BROWSER } from "./browser.ts";

/** A browser and a dashboard for the tests of one file. */
export interface DashboardTests {
  /** Undefined where there is none: the tests skip. */
  readonly browser: Browser | undefined;
  /** A new page, as large as a laptop's. @throws If there is no browser. */
  newPage(): Promise<Page>;
  /** Serves a feed with the dashboard at a free port. */
  serve(feed: LiveFeed, port?: number): Promise<Server>;
}

/**
 * Starts a browser and builds the live dashboard before the tests of a file, and ends both after them; says why
 * where there is no browser.
 */
export async function dashboardTests(): Promise<DashboardTests> {
  const browser = await launchBrowser();
  if (browser === undefined) process.stderr.write(`${NO_BROWSER}\n`);
  let built: BuiltDashboard | undefined;
  beforeAll(async () => {
    if (browser !== undefined) built = await buildDashboard();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await built?.[Symbol.asyncDispose]();
  });
  return {
    browser,
    async newPage() {
      if (browser === undefined) throw new Error(NO_BROWSER);
      return await browser.newPage({ viewport: { width: 1440, height: 900 } });
    },
    async serve(feed, port = 0) {
      if (built === undefined) throw new Error(NO_BROWSER);
      const clock = new SystemClock();
      return await Server.start(feed, { clock, port, dashboard: built.folder });
    },
  };
}
