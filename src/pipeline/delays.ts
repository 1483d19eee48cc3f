import type { Clock } from "../clock/Clock.ts";
import type { Frameset } from "../frames/Frameset.ts";
import { type Micros, micros } from "../units.ts";
import type { Delay } from "./Moment.ts";

/** Starts as a row goes in, ends as its reading comes out. */
type Stopwatch = (frameset: Frameset) => () => Delay;

/**
 * Delays of a run on the machine's clock, from the grid instant on, in three hops: until the newest of
 * its frames had come in, until its frameset was formed, until the model had answered.
 */
export function delaysOn(clock: Clock): Stopwatch {
  return ({ time, cells }) => {
    const formed = clock.now();
    const arrived = Math.max(
      time,
      ...Object.values(cells).map((cell) => (cell.presence === "missing" ? 0 : cell.arrivalTime)),
    );
    return () => {
      const answered = clock.now();
      return {
        total: micros(answered - time),
        hops: {
          sensor: micros(arrived - time),
          align: micros(formed - arrived),
          model: micros(answered - formed),
        },
      };
    };
  };
}

/** Delays of a run whose own clock is not the machine's: what it took to answer, by `machine`. */
export function delayOf(machine: Clock): Stopwatch {
  return () => {
    const formed = machine.now();
    return () => ({ total: (machine.now() - formed) as Micros, hops: {} });
  };
}

/** Of a row whose time is not now: one that is made again. */
export const noDelay = (): Delay => ({ total: micros(0), hops: {} });
