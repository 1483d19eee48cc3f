import type { Label } from "../frames/EventSpan.ts";
import { type Micros, micros, seconds } from "../units.ts";
import type { Feed } from "./Feed.ts";

/** How far before its pass a replay's truth is told. */
const AHEAD = seconds(3);

/** Tells what a feed truly holds, pass by pass, before each begins. */
export class TruthTeller {
  readonly #feed: Feed;
  readonly #loop: boolean;
  readonly #origin: Micros;
  /** Labels told, those of all passes together. */
  #told: number;

  /**
   * @param origin Where the feed's start falls.
   * @param told Labels that were told before, by whoever is gone on from.
   */
  constructor(feed: Feed, loop: boolean, origin: Micros, told = 0) {
    this.#feed = feed;
    this.#loop = loop;
    this.#origin = origin;
    this.#told = told;
  }

  /** What is to be told by `now`, absolute times; passes that are over by then are not told any more. */
  *due(now: Micros): Generator<Label> {
    const { truth, duration = 0 } = this.#feed;
    const labels = truth.length;
    if (labels === 0) return;
    const passes = this.#loop && duration > 0 ? Number.POSITIVE_INFINITY : 1;
    if (passes > 1) {
      const over = Math.floor((now - this.#origin) / duration);
      this.#told = Math.max(this.#told, over * labels);
    }
    while (this.#told < passes * labels) {
      const start = this.#origin + Math.floor(this.#told / labels) * duration;
      const label = truth[this.#told % labels];
      if (label === undefined || start > now + AHEAD) return;
      this.#told++;
      const { from, to } = label;
      yield { ...label, from: micros(start + from), to: micros(start + to) };
    }
  }
}
