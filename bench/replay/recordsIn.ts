import { readLog } from "../../src/log/readLog.ts";

/** How many records a log holds in complete chunks, closed or not. */
export async function recordsIn(log: string): Promise<number> {
  let records = 0;
  for await (const _record of readLog(log)) records++;
  return records;
}
