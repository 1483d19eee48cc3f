import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import type { PublisherJob } from "./publisher.ts";

/** Starts a publisher in a process of its own; settles when it has ended. */
export async function publish(address: string, job: PublisherJob): Promise<void> {
  const script = fileURLToPath(new URL("publisher.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, address, JSON.stringify(job)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`publisher: expected to end well, got code ${code}`);
}
