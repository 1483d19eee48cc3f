import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
/** How often the log is looked for, in ms. */
const LOOK_EVERY = 20;

/** What a run writes. */
export interface RunFiles {
  readonly log: string;
  readonly readings: string;
  readonly events: string;
}

/** The run command, as a person would start it: resumes what its files hold. */
export class RunSession {
  readonly #child: ChildProcess;
  readonly #ended: Promise<readonly [code: number | null, signal: string | null]>;
  #stderr = "";

  constructor(recording: string, { log, readings, events }: RunFiles) {
    const args = ["run", "--once", "--json", "--recording", recording, "--resume"];
    const outputs = ["--record", log, "--readings", readings, "--events", events];
    this.#child = spawn(
      process.execPath,
      ["--import", "tsx", MAIN, ...args, ...outputs, "--checkpoint-every", "1s"],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2_000);
    });
    this.#ended = once(this.#child, "exit").then(([code, signal]) => [code, signal]);
  }

  /**
   * Lets it live for so many ms from when it has come somewhere.
   *
   * @returns Whether it was killed, not done before.
   */
  async live(hasCome: () => boolean, life: number): Promise<boolean> {
    const ended = this.#ended.then(() => "ended" as const);
    while (!hasCome()) {
      const news = await Promise.race([ended, sleep(LOOK_EVERY, "waiting" as const)]);
      if (news === "ended") break;
    }
    if (Number.isFinite(life)) {
      const alarm = new AbortController();
      const news = await Promise.race([
        ended,
        sleep(life, "alive" as const, { signal: alarm.signal }),
      ]);
      if (news === "alive") this.#child.kill("SIGKILL");
      else alarm.abort();
    }
    const [code, signal] = await this.#ended;
    if (signal === null && code !== 0)
      throw new Error(`run: expected to end well, got ${code}: ${this.#stderr}`);
    return signal === "SIGKILL";
  }
}
