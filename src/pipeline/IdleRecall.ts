import { IdleWatch } from "../align/IdleWatch.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { Micros } from "../units.ts";

/**
 * Brings the watch over silence back to where it was when a log ended: who was last heard when.
 *
 * As exact as the log is: it is looked at as often as records came.
 */
export class IdleRecall {
  readonly #streams: readonly StreamDescription[];
  #watch: IdleWatch | undefined;
  #last = 0 as Micros;

  constructor(streams: readonly StreamDescription[]) {
    this.#streams = streams;
  }

  /** The watch after the last record, which has not been looked at since; undefined before a configuration. */
  get watch(): IdleWatch | undefined {
    return this.#watch;
  }

  /** Takes the next record of the log. */
  observe(record: LogRecord): void {
    const { logTime } = record;
    if (record.kind === "CONFIG") {
      const since = Math.max(record.origin, logTime) as Micros;
      if (this.#watch === undefined) {
        this.#watch = new IdleWatch({ streams: this.#streams, since });
        this.#last = logTime;
      }
      // A later one is of streams that came and went while the grid went on.
      else this.#watch.follow(record.streams);
      return;
    }
    if (logTime > this.#last) this.#watch?.poll(this.#last);
    this.#last = logTime;
    if (record.kind === "DATA") this.#watch?.heard(record.chunk.stream, logTime);
    if (record.kind === "HEARTBEAT") this.#watch?.heard(record.stream, logTime);
    if (record.kind === "CLOSED") this.#watch?.ended(record.stream);
  }
}
