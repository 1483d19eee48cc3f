import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { LogWriter } from "../../src/log/LogWriter.ts";
import { readLog } from "../../src/log/readLog.ts";
import { type Micros, micros } from "../../src/units.ts";

/** Copies the first `length` of a recording. */
export async function shortened(recording: string, copy: string, length: Micros): Promise<void> {
  let end: number | undefined;
  await using writer = await LogWriter.open(copy, {
    clock: new DrivenClock(micros(0)),
    onFailure: (error) => {
      throw error;
    },
  });
  for await (const record of readLog(recording)) {
    end ??= record.logTime + length;
    if (record.logTime >= end) break;
    // The truth is told at the start; what comes later would not fit in.
    if (record.kind === "LABEL" && record.label.to > end) continue;
    writer.append(record);
  }
}
