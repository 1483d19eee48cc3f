import { Observable, type OperatorFunction } from "rxjs";

import type { Frameset } from "../frames/Frameset.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { Aligner } from "./Aligner.ts";
import type { AlignerOptions } from "./AlignerOptions.ts";

/**
 * Forms the rows of a log as its records come in.
 *
 * Each subscription has an `Aligner` of its own; see there for what a row waits for. A record that is
 * pushed while a row is being handled is taken after the rows before it are out.
 *
 * @returns One frameset per grid instant, in order. Completes with the log: rows still waiting then are
 *   not forced out, CLOSED records do that.
 * @throws {ConfigError} At call time, if an option is out of its range; as a stream error, if a CONFIG
 *   record contradicts the options.
 */
export function align(options: AlignerOptions): OperatorFunction<LogRecord, Frameset> {
  new Aligner(options);
  return (source) =>
    new Observable((subscriber) => {
      const aligner = new Aligner(options);
      const waiting: LogRecord[] = [];
      let busy = false;
      let done = false;

      const drain = (): void => {
        busy = true;
        for (let record = waiting.shift(); record !== undefined; record = waiting.shift())
          for (const row of aligner.push(record)) subscriber.next(row);
        busy = false;
        if (done) subscriber.complete();
      };

      subscriber.add(() => {
        waiting.length = 0;
      });
      subscriber.add(
        source.subscribe({
          next(record) {
            waiting.push(record);
            if (busy) return;
            try {
              drain();
            } catch (cause) {
              subscriber.error(cause);
            }
          },
          error: (cause: unknown) => subscriber.error(cause),
          complete() {
            done = true;
            if (!busy) subscriber.complete();
          },
        }),
      );
    });
}
