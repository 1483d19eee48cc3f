import type { Readable } from "node:stream";
import { concat, filter, from, type Observable } from "rxjs";

import type { LogRecord } from "../log/LogRecord.ts";
import { recordLine } from "../log/recordLine.ts";
import { type Bytes, bytes } from "../units.ts";
import { growingText } from "./growingText.ts";

/** Text that may wait for a slow reader: some seconds of pictures. */
const BACKLOG = bytes(64 * 1024 * 1024);

/** A log as it grows, and what was in force before. */
export interface GrowingLog {
  /** Configuration, model, clocks and silences, as the records that say so, at this instant. */
  readonly standing: readonly LogRecord[];
  /** What is appended from here on. */
  readonly records: Observable<LogRecord>;
}

/**
 * A growing log as lines (`recordLine`): what is in force, then each record as it is appended; checkpoints are
 * left out.
 *
 * A reader that lets more than `backlog` wait is cut off: a log with a hole in it is none.
 */
export function recordLines({ standing, records }: GrowingLog, backlog: Bytes = BACKLOG): Readable {
  const told = concat(from(standing), records).pipe(filter(({ kind }) => kind !== "CHECKPOINT"));
  return growingText(told, (record, text) => {
    if (text.readableLength > backlog) text.destroy(new Error("too slow a reader"));
    else text.push(`${recordLine(record)}\n`);
  });
}
