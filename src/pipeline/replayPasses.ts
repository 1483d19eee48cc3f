import { ConfigError } from "../errors.ts";
import { type Micros, micros } from "../units.ts";
import type { SensorContext } from "./Sensor.ts";

/** One time through something that is replayed. */
export interface ReplayPass {
  /** Where its offset 0 falls, in µs since the Unix epoch. */
  readonly start: Micros;
  /** First offset wanted; > 0 where a sensor joins in the middle. */
  readonly from: Micros;
  /** Offset at which the next pass begins; infinite for the only one. */
  readonly to: Micros;
}

/**
 * The passes of a replay from the instant its sensor starts: one, or without end where it repeats.
 *
 * @throws {ConfigError} If the context repeats after no time at all.
 */
export function* replayPasses({
  origin,
  from,
  repeat,
}: Pick<SensorContext, "origin" | "from" | "repeat">): Generator<ReplayPass, void, undefined> {
  if (repeat === undefined) {
    yield { start: origin, from: micros(Math.max(0, from - origin)), to: Infinity as Micros };
    return;
  }
  if (!(repeat > 0)) throw new ConfigError("replay", `repeat must be > 0 us, got ${repeat}`);
  const first = Math.max(0, Math.floor((from - origin) / repeat));
  for (let pass = first; ; pass++) {
    const start = micros(origin + pass * repeat);
    yield { start, from: micros(Math.max(0, from - start)), to: repeat };
  }
}
