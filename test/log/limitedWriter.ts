/** Appends to the log it is given until writing fails, and tells how that went. */
import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import type { LogError } from "../../src/errors.ts";
import { LogWriter } from "../../src/log/LogWriter.ts";
import { bytes, micros } from "../../src/units.ts";
import { numbered } from "./numbered.ts";

const failures: LogError[] = [];
const writer = await LogWriter.open(process.argv[2] ?? "", {
  clock: new DrivenClock(micros(0)),
  onFailure: (error) => failures.push(error),
  chunkBytes: bytes(20_000),
});
let sequence = 0;
while (failures.length === 0 && sequence < 100_000) {
  for (let i = 0; i < 100; i++) writer.append(numbered(sequence++));
  await new Promise(setImmediate);
}
// The pipeline goes on as if nothing had happened.
for (let i = 0; i < 10; i++) writer.append(numbered(sequence++));
const rejected = await writer.flush().then(
  () => false,
  (error: unknown) => error === failures[0],
);
await writer.close();
const code: unknown = Reflect.get(Object(failures[0]?.cause), "code");
const { state, refused, bytesWritten } = writer.status;
process.stdout.write(
  JSON.stringify({ failures: failures.length, code, rejected, state, refused, bytesWritten }),
);
