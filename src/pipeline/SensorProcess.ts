import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { BehaviorSubject, type Observable } from "rxjs";

import type { Clock } from "../clock/Clock.ts";
import { SystemClock } from "../clock/SystemClock.ts";
import { type Micros, micros, millis, seconds } from "../units.ts";
import { CURVE_ENV } from "./curveEnv.ts";
import type { SensorRun } from "./runSensor.ts";
import { isSensorReport, type SensorReport } from "./SensorReport.ts";

/** How a supervised sensor fares. */
export type SensorStatus =
  /** Not running, because nobody wants it to. */
  | { readonly state: "stopped" }
  /** Its process has been started; `attempt` counts from 0 since it last did well. */
  | { readonly state: "starting"; readonly pid: number; readonly attempt: number }
  /** Frames flow. */
  | { readonly state: "live"; readonly pid: number; readonly epoch: number }
  /** It gave all it had and left. */
  | { readonly state: "ended" }
  /** Its process died; it is started again in `retryIn`. */
  | { readonly state: "crashed"; readonly reason: string; readonly retryIn: Micros }
  /** It was told something impossible; starting it again would not help. */
  | { readonly state: "failed"; readonly reason: string };

export interface SensorProcessOptions extends SensorRun {
  /** Draws from [0, 1): jitter, so that sensors that died together do not come back together. */
  readonly random: () => number;
  /** Times the waits between restarts; the machine's clock unless given. */
  readonly clock?: Clock;
  /** Wait before the first restart; doubles from one to the next. */
  readonly firstWait?: Micros;
  readonly longestWait?: Micros;
}

/** A sensor that was live this long did well: its next restart waits as little as the first. */
const DID_WELL = seconds(5);
/** How much of what a process writes to stderr is kept to explain its death. */
const KEPT_STDERR = 2_000;

/**
 * Keeps one sensor running in a process of its own.
 *
 * - `start` spawns it; if it dies it is spawned again, after a wait that doubles up to `longestWait`,
 *   each shortened by up to half at random. A process that ended by itself, or that was told something
 *   impossible, is left alone until the next `start`.
 * - `stop` kills it (SIGKILL: as if its plug was pulled) and settles when it is gone.
 * - The process dies when ours does, however ours dies.
 * - `status` gives the present state at once, then each change.
 * - Disposing stops it for good and completes `status`. Idempotent.
 */
export class SensorProcess {
  readonly status: Observable<SensorStatus>;

  readonly #options: SensorProcessOptions;
  readonly #clock: Clock;
  readonly #status = new BehaviorSubject<SensorStatus>({ state: "stopped" });
  #running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  #isDisposed = false;

  constructor(options: SensorProcessOptions) {
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
    this.status = this.#status.asObservable();
  }

  get current(): SensorStatus {
    return this.#status.value;
  }

  /**
   * Starts it, unless it runs, is about to be restarted, or is disposed.
   *
   * @param from Earliest origin time wanted of something replayed, by its first life that does well; the
   *   moment it starts unless given.
   */
  start(from?: Micros): void {
    if (this.#running !== undefined || this.#isDisposed) return;
    const stop = new AbortController();
    const supervising = this.#supervise(stop.signal, from).catch(
      // Nobody waits for it but who stops it: what breaks it must not go unheard.
      (cause: unknown): SensorStatus => ({
        state: "failed",
        reason: `its process could not be looked after: ${String(cause)}`,
      }),
    );
    const done = supervising.then((last) => {
      // In this order: whoever hears that it has stopped may start it again at once.
      this.#running = undefined;
      this.#status.next(last);
    });
    this.#running = { stop, done };
  }

  /** Kills it; settles when it is gone. Idempotent. */
  async stop(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.done;
    if (this.#status.value.state !== "stopped") this.#status.next({ state: "stopped" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.stop();
    this.#status.complete();
  }

  /** Its lives, one after the other. @returns What it is in the end. */
  async #supervise(signal: AbortSignal, from: Micros | undefined): Promise<SensorStatus> {
    const { random, firstWait = millis(100), longestWait = seconds(5) } = this.#options;
    let wanted = from;
    for (let attempt = 0; ; attempt++) {
      const started = this.#clock.now();
      const { wasLive, outcome } = await this.#runOnce(attempt, signal, wanted);
      if (wasLive) wanted = undefined;
      if (signal.aborted) return { state: "stopped" };
      if (outcome.state === "ended") return outcome;
      const { reason } = outcome;
      if (outcome.permanent) return { state: "failed", reason };

      if (this.#clock.now() - started > DID_WELL) attempt = 0;
      const wait = Math.min(longestWait, firstWait * 2 ** attempt);
      const retryIn = micros(wait * (1 - random() / 2));
      this.#status.next({ state: "crashed", reason, retryIn });
      try {
        await this.#clock.until(micros(this.#clock.now() + retryIn), signal);
      } catch (error) {
        if (!signal.aborted) throw error;
        return { state: "stopped" };
      }
    }
  }

  /** One life of the process, from spawn to exit. */
  async #runOnce(
    attempt: number,
    signal: AbortSignal,
    from: Micros | undefined,
  ): Promise<{
    readonly wasLive: boolean;
    readonly outcome: Exclude<SensorReport, { state: "live" }>;
  }> {
    let child: ChildProcess;
    try {
      child = spawnSensor(this.#options, from);
    } catch (cause) {
      // Some refusals of the system are thrown, not told: arguments that are too long, no memory.
      return { wasLive: false, outcome: unstarted(cause) };
    }
    let wasLive = false;
    const kill = (): void => void child.kill("SIGKILL");
    signal.addEventListener("abort", kill, { once: true });
    let last: SensorReport | undefined;
    let stderr = "";
    child.on("message", (message) => {
      if (!isSensorReport(message)) return;
      last = message;
      wasLive ||= message.state === "live";
      if (message.state === "live" && !signal.aborted)
        this.#status.next({ state: "live", pid: child.pid ?? 0, epoch: message.epoch });
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-KEPT_STDERR);
    });
    this.#status.next({ state: "starting", pid: child.pid ?? 0, attempt });
    if (signal.aborted) kill();
    try {
      const [code, killedBy] = await once(child, "exit");
      if (last !== undefined && last.state !== "live") return { wasLive, outcome: last };
      const said = stderr.trim().split("\n").at(-1);
      const reason = `its process ended with ${killedBy ?? `code ${code}`}${said ? `: ${said}` : ""}`;
      return { wasLive, outcome: { state: "failed", reason, permanent: false } };
    } catch (cause) {
      return { wasLive, outcome: unstarted(cause) };
    } finally {
      signal.removeEventListener("abort", kill);
      // A program of its own that outlives it for a moment must not keep ours waiting for its stderr.
      child.stderr?.destroy();
    }
  }
}

function unstarted(cause: unknown): Extract<SensorReport, { state: "failed" }> {
  const reason = `its process could not be started: ${String(cause)}`;
  // Its options will be as long the next time.
  return { state: "failed", reason, permanent: Reflect.get(Object(cause), "code") === "E2BIG" };
}

/** The process of a sensor, from the sources or the build, whichever we run from ourselves. */
function spawnSensor(options: SensorProcessOptions, from: Micros | undefined): ChildProcess {
  const { kind, options: told, description, connect, control, origin, repeat, sensors } = options;
  const { curve } = options;
  const run: SensorRun = {
    kind,
    options: told,
    description,
    connect,
    ...(control === undefined ? {} : { control }),
    ...(origin === undefined ? {} : { origin }),
    ...(repeat === undefined ? {} : { repeat }),
    ...(from === undefined ? {} : { from }),
    sensors,
  };
  const fromSources = import.meta.url.endsWith(".ts");
  const main = new URL(fromSources ? "./sensorMain.ts" : "./sensorMain.js", import.meta.url);
  const loader = fromSources
    ? ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx/esm")).href]
    : [];
  return spawn(process.execPath, [...loader, fileURLToPath(main), JSON.stringify(run)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // Not among the arguments, which everybody on this machine can list.
    ...(curve !== undefined && { env: { ...process.env, [CURVE_ENV]: JSON.stringify(curve) } }),
  });
}
