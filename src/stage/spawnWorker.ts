import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

import { refuseTelemetry } from "../tensor/device/refuseTelemetry.ts";

/**
 * Starts a sibling file as a worker thread, from the sources or from the build.
 *
 * @param from `import.meta.url` of the caller.
 * @param name Name of the worker's file without extension, in the caller's folder.
 */
export function spawnWorker(from: string, name: string): Worker {
  // Models are opened in workers, which cannot do it themselves.
  refuseTelemetry();
  if (!from.endsWith(".ts")) return new Worker(new URL(`./${name}.js`, from));
  // Node 20 reads no TypeScript: the thread first loads what `npx tsx` would.
  const commonJs = createRequire(from).resolve("tsx/esm/api");
  const loader = pathToFileURL(commonJs.replace(/\.cjs$/, ".mjs")).href;
  const file = new URL(`./${name}.ts`, from).href;
  const start = `import { register } from "${loader}"; register(); await import("${file}");`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(start)}`));
}
