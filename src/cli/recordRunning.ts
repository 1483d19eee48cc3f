import { SystemClock } from "../clock/SystemClock.ts";
import { ConfigError, type LogError } from "../errors.ts";
import { LogWriter } from "../log/LogWriter.ts";
import type { LogWriterOptions } from "../log/LogWriterOptions.ts";
import type { RecordSummary } from "../pipeline/recordFeed.ts";
import { type Micros, micros } from "../units.ts";
import { RunningPipeline } from "./RunningPipeline.ts";

/** Which pipeline is recorded, for how long, and how. */
export interface RecordRunningOptions extends Pick<LogWriterOptions, "segments" | "keep"> {
  readonly url: string;
  readonly signal: AbortSignal;
  /** Ends so long after it has begun; with the pipeline unless given. */
  readonly length?: Micros;
  /** Called when the first record is there. */
  readonly onOpen: () => void;
}

/**
 * Records the log of a pipeline that runs elsewhere, from now on: what follows from it is what the pipeline
 * itself says, once its model has seen enough.
 *
 * @throws {ConfigError} If no pipeline answers there, or its grid has not begun.
 * @throws {LogError} If the file exists or cannot be written.
 */
export async function recordRunning(
  file: string,
  { url, signal, length, onOpen, ...writing }: RecordRunningOptions,
): Promise<RecordSummary> {
  const running = new RunningPipeline(url);
  const { pipeline, feed } = (await running.status()).hello;
  const clock = new SystemClock();
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  let failure: LogError | undefined;
  const frames: Record<string, number> = {};
  let records = 0;
  {
    await using log = await LogWriter.open(file, {
      ...{ clock, ...writing, metadata: { pipeline, feed } },
      onFailure: (error) => {
        failure = error;
        stop.abort();
      },
    });
    if (length !== undefined)
      // Aborted by whichever end comes first.
      clock.until(micros(clock.now() + length), ended).then(
        () => stop.abort(),
        () => undefined,
      );
    for await (const record of running.records(ended)) {
      if (records++ === 0) onOpen();
      log.append(record);
      if (record.kind === "CONFIG") for (const { stream } of record.streams) frames[stream] ??= 0;
      if (record.kind === "DATA")
        frames[record.chunk.stream] =
          (frames[record.chunk.stream] ?? 0) + record.chunk.originTimes.length;
    }
    stop.abort();
  }
  if (failure !== undefined) throw failure;
  if (records === 0)
    throw new ConfigError(url, "expected a pipeline that has begun, got one without a record");
  return { records, frames, refused: 0 };
}
