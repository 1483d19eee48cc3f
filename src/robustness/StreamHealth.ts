import type { Presence } from "../frames/Frameset.ts";
import { type Micros, seconds } from "../units.ts";

/**
 * How a stream is doing, in one word.
 *
 * - `starting`: its sensor runs, nothing was heard yet
 * - `live`: its frames are in the answers
 * - `broken`: it speaks, but what it says is not believed and left out of the answers
 * - `late`: it speaks, but frames come too late to be used
 * - `idle`: it fell silent
 * - `rejoining`: it speaks again and is not in the answers yet
 * - `unplugged`: its sensor was taken away on purpose
 * - `ended`: its sensor said goodbye
 */
export type HealthState =
  | "starting"
  | "live"
  | "broken"
  | "late"
  | "idle"
  | "rejoining"
  | "unplugged"
  | "ended";

/** How long a late frame colours the state, and over how long the rate is measured. */
const MEMORY = seconds(2);

/**
 * Health of one stream, told from what happens to it. Ask it with `state(now)`.
 *
 * Bounded: it keeps the counts of the last two seconds, nothing else.
 */
export class StreamHealth {
  #plugged = true;
  #ended = false;
  #idle = false;
  /** True from the first frame after a silence until an answer contains the stream. */
  #rejoining = false;
  #doubted = false;
  #heard: Micros | undefined;
  #late: Micros | undefined;
  #arrivals: { readonly time: Micros; readonly frames: number }[] = [];

  /** The sensor was started, or plugged in again. */
  plugged(): void {
    this.#plugged = true;
    this.#ended = false;
  }

  /** The sensor was taken away on purpose. */
  unplugged(): void {
    this.#plugged = false;
  }

  /** `frames` frames came in. */
  heard(now: Micros, frames: number): void {
    if (this.#heard === undefined || this.#idle) this.#rejoining = this.#heard !== undefined;
    this.#heard = now;
    this.#idle = false;
    this.#arrivals.push({ time: now, frames });
    while ((this.#arrivals[0]?.time ?? now) < now - MEMORY) this.#arrivals.shift();
  }

  /** The stream was silent for its idle timeout. */
  fellSilent(): void {
    this.#idle = true;
  }

  /** The stream ended by itself. */
  ended(): void {
    this.#ended = true;
  }

  /** A frame could not be used because it came too late. */
  tooLate(now: Micros): void {
    this.#late = now;
  }

  /** Whether what it says is not believed. */
  doubted(isDoubted: boolean): void {
    this.#doubted = isDoubted;
  }

  /** A frameset was formed in which the stream has this presence. */
  presence(presence: Presence): void {
    if (presence !== "missing") this.#rejoining = false;
  }

  /** In one word, at `now`. */
  state(now: Micros): HealthState {
    if (!this.#plugged) return "unplugged";
    if (this.#ended) return "ended";
    if (this.#idle) return "idle";
    if (this.#heard === undefined) return "starting";
    if (this.#rejoining) return "rejoining";
    if (this.#doubted) return "broken";
    if (this.#late !== undefined && now - this.#late < MEMORY) return "late";
    return "live";
  }

  /** Frames per second over the last two seconds; 0 when nothing came. */
  rate(now: Micros): number {
    const recent = this.#arrivals.filter(({ time }) => time >= now - MEMORY);
    const first = recent[0];
    if (first === undefined || recent.length < 2) return 0;
    const frames = recent.slice(1).reduce((sum, arrival) => sum + arrival.frames, 0);
    const span = Math.max(now, recent.at(-1)?.time ?? now) - first.time;
    return span > 0 ? (frames * 1_000_000) / span : 0;
  }

  /** Time since the last frame, in µs; undefined before the first. */
  age(now: Micros): Micros | undefined {
    return this.#heard === undefined ? undefined : ((now - this.#heard) as Micros);
  }
}
