import type { Label } from "../frames/EventSpan.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { writeLog } from "../log/writeLog.ts";
import type { RecordSummary } from "../pipeline/recordFeed.ts";
import { replayedRecords } from "../pipeline/replayedRecords.ts";
import { type Micros, seconds } from "../units.ts";
import type { NamedSensors } from "./sensorsNamed.ts";

/** When something replayed is taken to have begun where nobody says: as runs as fast as they go have it. */
export const USUAL_START = seconds(1_767_225_600);

/**
 * Puts what sensors replay into a log, as fast as they give it.
 *
 * @param truth What is known to have happened, timed from the start.
 * @throws {LogError} If the file exists or cannot be written.
 * @throws {SensorError} If a sensor cannot read what it is to replay.
 */
export async function recordReplays(
  file: string,
  { recordable, feed }: NamedSensors,
  sensors: string,
  signal: AbortSignal,
  { start = USUAL_START, truth = [] }: { start?: Micros; truth?: readonly Label[] } = {},
): Promise<RecordSummary> {
  const streams = Object.values(recordable.streams)
    .map(({ description }) => description)
    .filter(({ stream }) => stream in feed.sensors);
  const frames: Record<string, number> = Object.fromEntries(
    streams.map(({ stream }) => [stream, 0]),
  );
  async function* counted(): AsyncGenerator<LogRecord> {
    const { period } = recordable.grid;
    const plans = feed.sensors;
    for await (const record of replayedRecords({
      ...{ streams, plans, period, start, truth, sensors, signal },
    })) {
      if (record.kind === "DATA")
        frames[record.chunk.stream] =
          (frames[record.chunk.stream] ?? 0) + record.chunk.originTimes.length;
      yield record;
    }
  }
  const metadata = { pipeline: recordable.name, feed: feed.name };
  const records = await writeLog(file, counted(), { metadata });
  return { records, frames, refused: 0 };
}
