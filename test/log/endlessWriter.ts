/** Appends records to the log it is given, from the sequence it is given on, until it is killed. */
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { LogWriter } from "../../src/log/LogWriter.ts";
import { bytes, micros, millis } from "../../src/units.ts";
import { numbered } from "./numbered.ts";

const [path = "", from = "0"] = process.argv.slice(2);
const writer = await LogWriter.open(path, {
  clock: new SystemClock(),
  onFailure: (error) => {
    throw error;
  },
  existing: "append",
  chunkBytes: bytes(20_000),
  chunkSpan: millis(50),
  syncInterval: millis(20),
});
process.stdout.write("writing\n");
for (let sequence = Number(from); ; sequence++) {
  writer.append(numbered(sequence));
  // Gives writing and the timers their turn, as a pipeline does.
  if (sequence % 20 === 0) await new Promise(setImmediate);
  if (sequence > 1_000_000)
    writer.append({ kind: "MODEL", logTime: micros(0), version: "runaway" });
}
