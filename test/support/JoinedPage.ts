import type { Browser, Page } from "playwright-core";

import { joinDesk } from "../../src/cli/joinDesk.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import type { SensedFrame } from "../../src/pipeline/Sensor.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { pipelineFeed } from "../../src/server/pipelineFeed.ts";
import { Server, type ServerOptions } from "../../src/server/Server.ts";
import { hertz, micros, millis } from "../../src/units.ts";
import { type BuiltDashboard, buildDashboard } from "./browser.ts";
import { type TinyPipeline, tinyPipeline } from "./tinyPipeline.ts";

/** The fake camera's pictures, small enough to send and large enough to measure. */
export const SIGHT = { rows: 120, columns: 160 };
/** Samples a second of the sound. */
export const SOUND_RATE = 16_000;

const usual = { site: "lab", unit: "", lateness: millis(0), idleTimeout: millis(500) };
const STREAMS: readonly StreamDescription[] = [
  {
    ...{ ...usual, stream: "sound", modality: "audio", dtype: "i16", shape: [SOUND_RATE / 100] },
    ...{ rate: hertz(100), span: millis(10) },
  },
  {
    ...{ ...usual, stream: "sight", modality: "video", dtype: "u8" },
    ...{ shape: [SIGHT.rows, SIGHT.columns], rate: hertz(20) },
  },
  {
    ...{ ...usual, stream: "pad", modality: "video", dtype: "u8", shape: [28, 28] },
    rate: hertz(10),
  },
];

/** A running pipeline, its server, and a browser's page that senses for it. */
export class JoinedPage implements AsyncDisposable {
  readonly page: Page;
  readonly run: PipelineRun;
  /** All frames of the page's streams so far. */
  readonly frames: Readonly<Record<string, SensedFrame[]>>;
  readonly #owned: AsyncDisposable[];
  readonly #watchers = new Set<() => void>();
  #going: Promise<void>;

  private constructor(run: PipelineRun, page: Page, owned: AsyncDisposable[]) {
    this.run = run;
    this.page = page;
    this.#owned = owned;
    const frames: Record<string, SensedFrame[]> = {};
    this.frames = frames;
    run.records.subscribe((record) => {
      if (record.kind !== "DATA") return;
      const { stream, originTimes, payload } = record.chunk;
      const size = payload.byteLength / originTimes.length;
      originTimes.forEach((originTime, i) => {
        frames[stream] ??= [];
        frames[stream]?.push({ originTime, payload: payload.slice(i * size, (i + 1) * size) });
      });
      for (const watcher of this.#watchers) watcher();
    });
    this.#going = run.go();
  }

  /** Opens a page on a tiny pipeline with a sound, a sight and a pad for guests; no sense is lent yet. */
  static async open(browser: Browser, options: Partial<ServerOptions> = {}): Promise<JoinedPage> {
    const tiny: TinyPipeline = await tinyPipeline(2);
    const told = { ...tiny.options, pace: "realtime", loop: true } as const;
    const run = await startPipeline(tiny.definition, told);
    for (const stream of STREAMS) await run.hotPlug.attach({ stream });
    return JoinedPage.on(run, browser, options, [tiny]);
  }

  /**
   * Opens a page on a run that has not begun, and lets it go; no sense is lent yet.
   *
   * @param owned Disposed with the page and the run.
   */
  static async on(
    run: PipelineRun,
    browser: Browser,
    options: Partial<ServerOptions> = {},
    owned: readonly AsyncDisposable[] = [],
  ): Promise<JoinedPage> {
    const built: BuiltDashboard = await buildDashboard("join");
    const { pipeline, summary, offers, clock, token, open } = joinDesk(run);
    const join = { pipeline, summary, offers, clock, token, open, page: built.folder };
    const ways = { clock: new SystemClock(), port: 0, join, ...options };
    const server = await Server.start(pipelineFeed(run), ways);
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    // Patient with a busy machine.
    page.setDefaultTimeout(120_000);
    const joined = new JoinedPage(run, page, [server, run, ...owned, built]);
    await page.goto(`${server.url}join/#${token}`);
    await page.waitForSelector("[data-stream] [data-kind]");
    return joined;
  }

  /** Presses a sense's button. */
  async lend(stream: string, kind: string): Promise<void> {
    await this.page.click(`[data-stream="${stream}"] [data-kind="${kind}"]`);
  }

  /** Draws a line on the only pad that is open; places are fractions of it. */
  async draw(...places: readonly (readonly [x: number, y: number])[]): Promise<void> {
    const box = await this.page.locator("canvas.pad").boundingBox();
    if (box === null) throw new Error("expected a pad on the page, got none");
    const { mouse } = this.page;
    for (const [index, [x, y]] of places.entries()) {
      await mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 8 });
      if (index === 0) await mouse.down();
    }
    await mouse.up();
  }

  /** Settles once the frames are as the condition wants them. */
  until(
    fits: (frames: Readonly<Record<string, readonly SensedFrame[]>>) => boolean,
  ): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!fits(this.frames)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Length of what a stream has told, in µs. */
  told(stream: string): number {
    const frames = this.frames[stream] ?? [];
    return micros((frames.at(-1)?.originTime ?? 0) - (frames[0]?.originTime ?? 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
    for (const resource of this.#owned) await resource[Symbol.asyncDispose]();
    await this.#going;
  }
}
