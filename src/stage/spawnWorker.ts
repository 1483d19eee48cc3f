import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

/**
 * Starts a sibling file as a worker thread, from the sources or from the build.
 *
 * @param from `import.meta.url` of the caller.
 * @param name Name of the worker's file without extension, in the caller's folder.
 */
export function spawnWorker(from: string, name: string): Worker {
  // From the sources Node 20 needs the loader that `npx tsx` would install.
  const fromSources = from.endsWith(".ts");
  return new Worker(new URL(`./${name}${fromSources ? ".ts" : ".js"}`, from), {
    execArgv: fromSources ? ["--import", createRequire(from).resolve("tsx")] : [],
  });
}
