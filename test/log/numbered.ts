import type { LogRecord } from "../../src/log/LogRecord.ts";
import { micros } from "../../src/units.ts";

/** The record that belongs at this place of a log: every writer writes the same one. */
export function numbered(sequence: number): LogRecord {
  const time = micros(1_000_000 + sequence * 1_000);
  if (sequence % 10 === 9) return { kind: "HEARTBEAT", logTime: time, stream: "a", until: time };
  return {
    kind: "DATA",
    logTime: time,
    chunk: {
      site: "lab",
      stream: "a",
      epoch: 1,
      firstSequence: sequence,
      originTimes: [time],
      arrivalTime: time,
      dtype: "u8",
      shape: [400],
      payload: new Uint8Array(400).map((_, i) => (i * 40_503 + sequence * 2_654_435) >>> 7),
    },
  };
}
