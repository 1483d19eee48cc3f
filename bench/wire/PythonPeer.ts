import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { publish } from "./publish.ts";
import type { PublisherJob } from "./publisher.ts";
import { STREAMS } from "./workload.ts";

/** The interpreter that Debian's packages are for, whatever else is on the path. */
const DEBIAN_PYTHON = "/usr/bin/python3";

/** What it took to take frames in, from the first message to the last. */
export interface WireRun {
  readonly seconds: number;
  /** Seconds of CPU time of the receiving process, all its threads. */
  readonly cpu: number;
  /** Rows, or sets of messages, that came out. */
  readonly sets: number;
}

/**
 * Lets pyzmq, msgpack and, unless `queue` is 0, ROS's synchroniser take the frames of a job.
 *
 * @returns undefined if one of them is not installed.
 */
export async function runPythonPeer(
  job: PublisherJob,
  frames: number,
  queue: number,
): Promise<WireRun | undefined> {
  const script = fileURLToPath(new URL("peer.py", import.meta.url));
  const child = spawn(
    DEBIAN_PYTHON,
    [script, String(frames), String(STREAMS.length), String(queue)],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  child.on("error", () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: address, done } = await lines.next();
  if (done === true) return undefined;
  await publish(address, job);
  const { value, done: ended } = await lines.next();
  return ended === true ? undefined : (JSON.parse(value) as WireRun);
}
