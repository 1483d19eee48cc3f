import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";

/** Why there is no browser: the one line that a skipped test prints. */
export const NO_BROWSER =
  "skipped: no Chromium found; set CHROMIUM_PATH, or install chromium with your package manager";

const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * A headless Chromium: `$CHROMIUM_PATH`, else an installed one, else the one in `@sparticuz/chromium`.
 *
 * @param further Arguments besides the usual ones.
 * @returns undefined where none can be found or started; the caller skips with {@link NO_BROWSER}.
 * @throws If `$CHROMIUM_PATH` is set and cannot be started: somebody meant it.
 */
export async function launchBrowser(further: readonly string[] = []): Promise<Browser | undefined> {
  const named = process.env["CHROMIUM_PATH"];
  if (named !== undefined && named !== "") return start(named, further);
  const installed = INSTALLED.find((path) => existsSync(path));
  if (installed !== undefined) return start(installed, further);
  try {
    const { default: packed } = await import("@sparticuz/chromium");
    return await start(await packed.executablePath(), further);
  } catch {
    // Another platform, or a library that this machine lacks.
    return undefined;
  }
}

function start(executablePath: string, further: readonly string[]): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: [...ARGUMENTS, ...further] });
}

/** The dashboard, built from the sources as they are now, in a folder of its own. */
export interface BuiltDashboard extends AsyncDisposable {
  readonly folder: string;
}

/** Builds a browser application for one test file, so that no test looks at yesterday's. */
export async function buildDashboard(name: "live" | "join" = "live"): Promise<BuiltDashboard> {
  const folder = await mkdtemp(join(tmpdir(), "dashboard-"));
  await build({
    root: fileURLToPath(new URL(`../../dashboards/${name}`, import.meta.url)),
    configFile: fileURLToPath(new URL(`../../dashboards/${name}/vite.config.ts`, import.meta.url)),
    logLevel: "error",
    build: { outDir: folder, emptyOutDir: true },
  });
  return {
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** How smoothly a page draws. */
export interface FrameRate {
  /** Animation frames per second. */
  readonly perSecond: number;
  /** Mean and longest time spent in the page's own frame callbacks, in ms. */
  readonly scriptMs: { readonly mean: number; readonly most: number };
}

/** Prepares a page for {@link frameRate}; to be called before it is opened. */
export async function watchFrames(page: Page): Promise<void> {
  await page.addInitScript(`
    globalThis.frames_ = [];
    const ask = globalThis.requestAnimationFrame.bind(globalThis);
    globalThis.requestAnimationFrame = (draw) => ask((now) => {
      const start = performance.now();
      draw(now);
      globalThis.frames_.push([now, performance.now() - start]);
    });
  `);
}

/** Watches a page draw for a while. Reports; whoever asserts on it asserts on the machine's load. */
export async function frameRate(page: Page, ms: number): Promise<FrameRate> {
  // Not `waitForFunction`: it compiles its text in the page, which the page's own policy forbids.
  const frames = await page.evaluate<[number, number][]>(`new Promise((resolve) => {
    globalThis.frames_.length = 0;
    setTimeout(() => resolve(globalThis.frames_), ${ms});
  })`);
  const [first = [0, 0]] = frames;
  const [lastTime] = frames.at(-1) ?? [0, 0];
  const spent = frames.map(([, script]) => script);
  return {
    perSecond: (new Set(frames.map(([time]) => time)).size - 1) / ((lastTime - first[0]) / 1_000),
    scriptMs: {
      mean: spent.reduce((sum, script) => sum + script, 0) / spent.length,
      most: Math.max(...spent),
    },
  };
}
