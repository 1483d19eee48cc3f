import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { ConfigError } from "../../errors.ts";
import { segmentsIn } from "../../log/segments.ts";

/**
 * The logs that paths stand for: a file, a folder of segments, or a folder that holds either.
 *
 * @returns Paths of logs, those of a folder in the order of their names.
 * @throws {ConfigError} If there is no log.
 */
export async function findRecordings(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) found.push(...(await logsAt(path)));
  if (found.length === 0)
    throw new ConfigError("--recordings", `expected logs (.mcap), got none in ${paths.join(", ")}`);
  return found;
}

async function logsAt(path: string): Promise<readonly string[]> {
  const is = await stat(path).catch((cause: unknown) => {
    throw new ConfigError("--recordings", `expected a log or a folder, got ${path}`, { cause });
  });
  if (!is.isDirectory()) return [path];
  if ((await segmentsIn(path)).length > 0) return [path];
  const logs: string[] = [];
  for (const entry of (await readdir(path, { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const inside = join(path, entry.name);
    if (entry.isFile() && entry.name.endsWith(".mcap")) logs.push(inside);
    else if (entry.isDirectory() && (await segmentsIn(inside)).length > 0) logs.push(inside);
  }
  return logs;
}
