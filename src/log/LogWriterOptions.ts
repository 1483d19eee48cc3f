import type { Clock } from "../clock/Clock.ts";
import { ConfigError, type LogError } from "../errors.ts";
import { type Bytes, bytes, type Micros, micros, seconds } from "../units.ts";
import { type OpenFile, systemFiles } from "./LogFile.ts";
import type { RetentionOptions } from "./Retention.ts";

/** When a recording goes on in a new file. */
export interface SegmentOptions {
  /** Bytes of a segment after which the next begins, at a chunk's end. */
  readonly bytes?: Bytes;
  /** Time span of a segment's records. */
  readonly span?: Micros;
}

/** How a log is written. */
export interface LogWriterOptions {
  /** The clock that also gives the records' log times. */
  readonly clock: Clock;
  /** Called once, when writing fails: from then on nothing is recorded, and appends are counted as refused. */
  readonly onFailure: (error: LogError) => void;
  /**
   * What to do with a log that exists: refuse it (default), replace it, or recover it and go on at its
   * end.
   */
  readonly existing?: "refuse" | "replace" | "append";
  /** The recording's own metadata: pipeline, licence, generator. Ignored when appending to a file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Bytes of records, before compression, that close a chunk. Default 256 KiB. */
  readonly chunkBytes?: Bytes;
  /** Time span of records that closes a chunk: what a crash of this process loses at most. Default 1 s. */
  readonly chunkSpan?: Micros;
  /** At most so long after a write the file is synced to disk: what a power cut loses at most, beside the
   * open chunk. Default 1 s. */
  readonly syncInterval?: Micros;
  /** Bytes of closed chunks that may wait for the disk; more is a failure. Default 64 MiB. */
  readonly backlogBytes?: Bytes;
  /**
   * Makes the log a folder of segments, each a log of its own. Absent: one file that grows; where a folder
   * is continued, its last segment does.
   */
  readonly segments?: SegmentOptions;
  /** How much of a folder of segments is kept; all of it unless given. */
  readonly keep?: RetentionOptions;
  /** How files are opened; the system's way unless given. */
  readonly openFile?: OpenFile;
}

/** A log writer's options, complete. */
export type CompleteOptions = Required<Omit<LogWriterOptions, "segments" | "keep">> &
  Pick<LogWriterOptions, "segments" | "keep">;

/** Of what may be kept, one segment is so much where nobody says. */
const SEGMENTS_KEPT = 8;

/**
 * Fills in what a log writer was not told.
 *
 * @throws {ConfigError} If a size or time is out of its range, or less is to be kept than two segments.
 */
export function completeOptions(path: string, options: LogWriterOptions): CompleteOptions {
  const { keep, ...rest } = options;
  const segments =
    options.segments ?? (keep === undefined ? undefined : shareOf(keep, SEGMENTS_KEPT));
  const complete = {
    existing: "refuse" as const,
    metadata: {},
    chunkBytes: bytes(256 * 1_024),
    chunkSpan: seconds(1),
    syncInterval: seconds(1),
    backlogBytes: bytes(64 * 1_024 * 1_024),
    openFile: systemFiles,
    ...rest,
    ...(segments !== undefined && { segments }),
    ...(keep !== undefined && { keep }),
  };
  const where = `log ${path}`;
  const sizes = { ...complete, ...named("segment", segments), ...named("keep", keep) };
  for (const [name, value] of Object.entries(sizes))
    if (typeof value === "number" && !(value > 0))
      throw new ConfigError(where, `${name} must be > 0, got ${value}`);
  if ((keep?.bytes ?? Infinity) < 2 * (segments?.bytes ?? 0))
    throw new ConfigError(
      where,
      `expected at least two segments of ${segments?.bytes} bytes to be kept, got ${keep?.bytes}`,
    );
  return complete;
}

function shareOf(keep: RetentionOptions, parts: number): SegmentOptions {
  return {
    ...(keep.bytes !== undefined && { bytes: bytes(Math.ceil(keep.bytes / parts)) }),
    ...(keep.age !== undefined && { span: micros(keep.age / parts) }),
  };
}

function named(prefix: string, options: object | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options ?? {}).map(([name, value]) => [`${prefix} ${name}`, value]),
  );
}
