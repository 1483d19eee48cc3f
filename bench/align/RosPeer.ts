import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { toSeconds } from "../../src/units.ts";
import { type BenchFrame, RATES, TOLERANCE } from "./mixedStreams.ts";

/** The interpreter that Debian's packages are for, whatever else is on the path. */
const DEBIAN_PYTHON = "/usr/bin/python3";

/** What the peer did with the frames. */
export interface RosRun {
  readonly frames: number;
  /** CPU time. */
  readonly seconds: number;
  /** Sets of messages it put out. */
  readonly sets: number;
  /** Longest time between two sets, in seconds of origin time. */
  readonly gap: number;
  /** Slowest single add, in seconds of the clock. */
  readonly worst: number;
}

/** ROS's Python ApproximateTimeSynchronizer in a process of its own. */
export class RosPeer implements Disposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const script = fileURLToPath(new URL("ros_approximate.py", import.meta.url));
    this.#child = spawn(DEBIAN_PYTHON, [script]);
    this.#child.on("error", () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Feeds the frames in their order; undefined if the peer is not installed. */
  async run(frames: readonly BenchFrame[], queue: number): Promise<RosRun | undefined> {
    const job = {
      queue,
      slop: toSeconds(TOLERANCE),
      streams: RATES.length,
      frames: frames.map(({ stream, time }) => [stream, time]),
    };
    // A peer that is not there has closed its input.
    this.#child.stdin.on("error", () => undefined);
    this.#child.stdin.write(`${JSON.stringify(job)}\n`);
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : JSON.parse(value);
  }

  [Symbol.dispose](): void {
    this.#child.stdin.end();
  }
}
