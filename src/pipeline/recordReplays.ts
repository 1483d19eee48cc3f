import { ConfigError } from "../errors.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { writeLog } from "../log/writeLog.ts";
import { type Micros, micros, seconds } from "../units.ts";
import { DRIVEN_START } from "./drivenStart.ts";
import type { Feed } from "./Feed.ts";
import type { Recordable, RecordSummary } from "./recordFeed.ts";
import { replayedRecords } from "./replayedRecords.ts";

/** What is replayed, and how much of it. */
export interface ReplayOptions {
  /** Where it begins; `DRIVEN_START` unless given. */
  readonly start?: Micros;
  /** What is known to have happened, timed from the start. */
  readonly truth?: readonly Label[];
  /** Streams that stay silent. */
  readonly without?: readonly string[];
  /** Where to end if the sensors have not. */
  readonly length?: Micros;
  /** Told now and then how much of the recording's time is done. */
  readonly onProgress?: (done: Micros) => void;
}

/** Recording's time between two words on how far it is. */
const TOLD_EVERY = seconds(10);

/**
 * Puts what sensors replay into a log, as fast as they give it.
 *
 * @throws {ConfigError} If one to be left out is none of the streams, or a sensor is live.
 * @throws {LogError} If the file exists or cannot be written.
 * @throws {SensorError} If a sensor cannot read what it is to replay.
 */
export async function recordReplays(
  file: string,
  { recordable, feed }: { readonly recordable: Recordable; readonly feed: Feed },
  sensors: string,
  signal: AbortSignal,
  options: ReplayOptions = {},
): Promise<RecordSummary> {
  const { start = DRIVEN_START, truth = [], without = [], length, onProgress } = options;
  const unknown = without.find((stream) => !(stream in recordable.streams));
  if (unknown !== undefined)
    throw new ConfigError(recordable.name, `expected one of its streams, got ${unknown}`);
  const streams = Object.values(recordable.streams).map(({ description }) => description);
  const plans = Object.fromEntries(
    Object.entries(feed.sensors).filter(([stream]) => !without.includes(stream)),
  );
  const frames: Record<string, number> = Object.fromEntries(
    streams.map(({ stream }) => [stream, 0]),
  );
  async function* counted(): AsyncGenerator<LogRecord> {
    let tellAt = start + TOLD_EVERY;
    for await (const record of replayedRecords({
      ...{ streams, plans, period: recordable.grid.period, start, truth, sensors, signal },
      ...(length !== undefined && { length }),
    })) {
      if (record.kind === "DATA")
        frames[record.chunk.stream] =
          (frames[record.chunk.stream] ?? 0) + record.chunk.originTimes.length;
      if (record.logTime >= tellAt) {
        tellAt = record.logTime + TOLD_EVERY;
        onProgress?.(micros(record.logTime - start));
      }
      yield record;
    }
  }
  const metadata = { pipeline: recordable.name, feed: feed.name };
  const records = await writeLog(file, counted(), { metadata });
  return { records, frames, refused: 0 };
}
