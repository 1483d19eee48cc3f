import { basename } from "node:path";

import { logInfo } from "../log/logInfo.ts";
import { readLog } from "../log/readLog.ts";
import { micros } from "../units.ts";
import type { Feed } from "./Feed.ts";
import { recordingStart } from "./readRecording.ts";

/**
 * A recording as a feed: its streams by replaying sensors, its labels as the truth.
 *
 * Offset 0 is where the recording's grid started; the feed ends with the last record.
 *
 * @param path A log of ours (MCAP).
 * @param name What it is, for people; the file's name unless given.
 * @throws {LogError} If the file cannot be opened or is no log.
 * @throws {SensorError} If it holds no frames.
 */
export async function recordingFeed(path: string, name?: string): Promise<Feed> {
  const info = await logInfo(path);
  const origin = await recordingStart(path);
  const end = Math.max(...Object.values(info.streams).map(({ to }) => to), info.to ?? origin);
  const period = await recordedPeriod(path);
  return {
    name: name ?? basename(path),
    // Whole grid periods, or the frames of a second pass would lie elsewhere on the grid.
    duration: micros(Math.ceil((end - origin) / period) * period),
    sensors: Object.fromEntries(
      Object.keys(info.streams).map((stream) => [stream, { kind: "recording", options: { path } }]),
    ),
    // Whoever put a label on record says what happened.
    truth: info.labels.map((label) => ({
      ...label,
      by: "truth",
      from: micros(label.from - origin),
      to: micros(label.to - origin),
    })),
  };
}

/** Grid period of a recording, in µs; 1 where it has none. */
async function recordedPeriod(path: string): Promise<number> {
  for await (const record of readLog(path, { kinds: ["CONFIG"] }))
    if (record.kind === "CONFIG") return record.period;
  return 1;
}
