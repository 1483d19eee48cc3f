import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { LogError } from "../errors.ts";
import type { LogSource } from "./LogSource.ts";
import { systemProblem } from "./systemProblem.ts";

const NAME = /^\d{6,}\.mcap$/;
const DIGITS = 6;

/** Name of a recording's segment with this number, from 1 on. */
export function segmentName(number: number): string {
  return `${String(number).padStart(DIGITS, "0")}.mcap`;
}

/** The number in a segment's name. */
export function segmentNumber(name: string): number {
  return Number.parseInt(name, 10);
}

/** Whether the path is a folder, and so holds a log's segments. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * Paths of the segments in a folder, oldest first; none if there is no such folder.
 *
 * @throws {LogError} If it cannot be read.
 */
export async function segmentsIn(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => NAME.test(name));
    return names
      .sort((a, b) => segmentNumber(a) - segmentNumber(b))
      .map((name) => join(folder, name));
  } catch (cause) {
    if (Reflect.get(Object(cause), "code") === "ENOENT") return [];
    throw new LogError(folder, `expected a readable folder, got ${systemProblem(cause)}`, {
      cause,
    });
  }
}

/**
 * The files of a log in the order of their records: its segments, or the one file it is.
 *
 * @throws {LogError} If it is a folder without segments.
 */
export async function filesOf(source: LogSource): Promise<readonly LogSource[]> {
  if (typeof source !== "string" || !(await isFolder(source))) return [source];
  const segments = await segmentsIn(source);
  if (segments.length === 0)
    throw new LogError(
      source,
      "expected a log file or a folder of segments, got a folder without any",
    );
  return segments;
}
