import { type Hertz, type Micros, micros } from "../units.ts";
import { Dejitter, NOT_JITTER } from "./Dejitter.ts";

/** A change of what a smoother does to be told of: by a quarter, and by as many µs at least. */
const WORTHWHILE_SHARE = 0.25;
const WORTHWHILE_US = 250;

/** What a smoother does to the times of its stream. */
export interface Smoothing {
  /** What the stamps jitter by, a standard deviation, in µs; undefined where times are no longer smoothed. */
  readonly jitter: Micros | undefined;
  /** How wrong a smoothed time may be beside what its clock may be, in µs. */
  readonly uncertainty: Micros;
  /** Whether the line was begun anew, so that times may jump. */
  readonly stepped: boolean;
}

/**
 * Takes the jitter out of one boot of a stream, as its chunks come in.
 *
 * Nothing it gives is out of range, and no frame is moved by more than a second, whatever is claimed.
 * Pure: the same chunks give the same times.
 */
export class Smoother {
  readonly #dejitter: Dejitter;
  #told: Smoothing | undefined;
  #freshStarts = 0;

  /** @param rate The stream's nominal rate. */
  constructor(rate: Hertz | "irregular") {
    this.#dejitter = new Dejitter({ rate });
  }

  /** The times of frames numbered from `firstSequence` on, without their jitter. */
  smooth(firstSequence: number, stamps: readonly Micros[]): readonly Micros[] {
    return stamps.map((stamp, index) => {
      const smoothed = this.#dejitter.smooth(firstSequence + index, stamp);
      return micros(Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, smoothed)));
    });
  }

  /**
   * What is left of a promise that no frame *stamped* before `until` will follow: a time before which none
   * will be once it is smoothed.
   */
  promise(until: Micros): Micros {
    if (!this.#dejitter.active) return until;
    const safe = Math.max(this.#dejitter.newest + 1, until - NOT_JITTER);
    return micros(Math.min(until, Math.max(0, safe)));
  }

  /** What it was last said to do; undefined before that. */
  get told(): Smoothing | undefined {
    return this.#told;
  }

  /** What it does from here on, if that is to be told: it has changed since it was last asked. */
  news(): Smoothing | undefined {
    const dejitter = this.#dejitter;
    const before = this.#told;
    if (dejitter.active && !dejitter.isSettled) return undefined;
    const stepped = dejitter.freshStarts !== this.#freshStarts;
    const now: Smoothing = {
      jitter: dejitter.active ? micros(dejitter.jitter) : undefined,
      uncertainty: micros(dejitter.active ? dejitter.uncertainty : 0),
      stepped,
    };
    if (!stepped && before !== undefined && isAlike(before, now)) return undefined;
    if (before === undefined && now.jitter === undefined) return undefined;
    this.#told = now;
    this.#freshStarts = dejitter.freshStarts;
    return now;
  }
}

function isAlike(before: Smoothing, now: Smoothing): boolean {
  if (before.jitter === undefined || now.jitter === undefined) return before.jitter === now.jitter;
  const apart = (one: number, other: number): boolean =>
    Math.abs(one - other) > Math.max(WORTHWHILE_US, WORTHWHILE_SHARE * Math.max(one, other));
  return !apart(before.jitter, now.jitter) && !apart(before.uncertainty, now.uncertainty);
}
