import type { IdleWatch } from "../align/IdleWatch.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { Stage } from "../stage/Stage.ts";
import { IdleRecall } from "./IdleRecall.ts";
import type { PastLog } from "./readPast.ts";

/** Records handed over between two looks at whether the model keeps up. */
const BATCH = 16;
/** Rows that may wait for it meanwhile. */
const AHEAD = 64;

/** Who is told what is on record. */
export interface RecallOptions {
  readonly streams: readonly StreamDescription[];
  readonly stage: Stage;
  /** Called with every record that was looked at. */
  readonly look: (record: LogRecord) => void;
  /** Called with those after the place that is gone on from. */
  readonly hand: (record: LogRecord) => void;
}

/**
 * Goes through what is on record, and waits until the model has answered what follows from it.
 *
 * @returns The watch over silence as it was at the end; undefined where there was no grid.
 */
export async function recallLog(
  past: PastLog,
  { streams, stage, look, hand }: RecallOptions,
): Promise<IdleWatch | undefined> {
  const idle = new IdleRecall(streams);
  let handed = 0;
  for await (const { record, isNew } of past.records()) {
    idle.observe(record);
    look(record);
    if (!isNew) continue;
    hand(record);
    handed++;
    if (handed % BATCH === 0) await stage.drained(AHEAD);
  }
  await stage.drained();
  return idle.watch;
}
