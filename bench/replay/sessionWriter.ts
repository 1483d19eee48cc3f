/**
 * A recording session that can be killed: copies a recording into a log, from where the log ends on.
 *
 * node --import tsx sessionWriter.ts LOG RECORDING: prints `writing` when it begins, and ends with the log.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import { LogWriter } from "../../src/log/LogWriter.ts";
import { readLog } from "../../src/log/readLog.ts";
import { bytes, millis } from "../../src/units.ts";
import { recordsIn } from "./recordsIn.ts";

const [log = "", recording = ""] = process.argv.slice(2);
await using writer = await LogWriter.open(log, {
  clock: new SystemClock(),
  onFailure: (error) => {
    throw error;
  },
  existing: "append",
  chunkBytes: bytes(20_000),
  chunkSpan: millis(50),
  syncInterval: millis(20),
});
let skip = await recordsIn(log);
process.stdout.write("writing\n");
let appended = 0;
for await (const record of readLog(recording)) {
  if (skip-- > 0) continue;
  writer.append(record);
  if (++appended % 10 === 0) await sleep(1);
}
