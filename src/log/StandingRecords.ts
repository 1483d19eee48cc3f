import { micros } from "../units.ts";
import type { LogRecord } from "./LogRecord.ts";

type Config = Extract<LogRecord, { kind: "CONFIG" }>;

/**
 * What is in force at a place of a log: configuration, model, skew bound, clocks, who is silent.
 *
 * A segment restates it at its start, so that it can be read without those before it. Bounded by the
 * number of streams.
 */
export class StandingRecords {
  /** In order of origin; the newest record wins from its origin on. */
  #configs: readonly Config[] = [];
  /** The last record of each other kind, of each stream where it is about one. */
  readonly #last = new Map<string, LogRecord>();
  /** By stream, that it is silent: looked up for each frame that comes in. */
  readonly #silences = new Map<string, LogRecord>();

  /** Takes the next record of the log. */
  observe(record: LogRecord): void {
    switch (record.kind) {
      case "CONFIG": {
        const { origin, logTime } = record;
        const before = this.#configs.filter((config) => config.origin < origin);
        const inForce = before.findLastIndex((config) => config.origin <= logTime);
        this.#configs = [...before.slice(Math.max(0, inForce)), record];
        break;
      }
      case "SKEW":
      case "MODEL":
        this.#last.set(record.kind, record);
        break;
      case "CLOCK":
        this.#last.set(`CLOCK ${record.stream}`, record);
        break;
      case "IDLE":
      case "CLOSED":
        this.#silences.set(record.stream, record);
        break;
      case "ACTIVE":
      case "HEARTBEAT":
        this.#silences.delete(record.stream);
        break;
      case "DATA":
        this.#silences.delete(record.chunk.stream);
        break;
      case "LABEL":
      case "CHECKPOINT":
        break;
    }
  }

  /** As the records that say so: of each sort in the order in which they came. */
  records(): readonly LogRecord[] {
    return [...this.#configs, ...this.#last.values(), ...this.#silences.values()];
  }
}

/**
 * The same records as if they were said at `time`.
 *
 * The grid of a configuration in force starts at its first instant from then on: who reads on from there
 * must not form all the rows since it really started. Row ids stay what they are, indices do not.
 */
export function restated(records: readonly LogRecord[], time: number): LogRecord[] {
  const logTime = micros(time);
  const configs = records.filter((record) => record.kind === "CONFIG");
  const inForce = configs.findLast(({ origin }) => origin <= time);
  return records
    .filter((record) => record.kind !== "CONFIG" || record === inForce || record.origin > time)
    .map((record) => {
      if (record !== inForce || record.kind !== "CONFIG" || !(record.period > 0))
        return { ...record, logTime };
      const { origin, period } = record;
      const next = micros(origin + Math.ceil((time - origin) / period) * period);
      return { ...record, logTime, origin: next };
    });
}
