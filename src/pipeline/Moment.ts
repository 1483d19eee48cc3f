import type { Frameset } from "../frames/Frameset.ts";
import type { Reading } from "../frames/Reading.ts";
import type { Doubt } from "../robustness/Doubt.ts";
import type { LossForecast } from "../robustness/SubsetDrill.ts";
import type { Micros } from "../units.ts";

/** Everything known about one instant of the grid once the model has spoken: one per frameset. */
export interface Moment {
  readonly frameset: Frameset;
  /** What the model says, given everything present. */
  readonly reading: Reading;
  /**
   * The same without the streams that contain the answer and those that are doubted; what events and
   * scores are made from.
   */
  readonly answer: Reading;
  /** What would become of the answer if a stream were lost now. */
  readonly forecast: readonly LossForecast[];
  /** Streams that speak and are not believed, and why. */
  readonly doubts: readonly Doubt[];
  /** What a person is shown of each stream, u8. */
  readonly views: Readonly<Record<string, Uint8Array | undefined>>;
  /** See `Delay`. */
  readonly delay: Delay;
}

/** How long a moment took, in µs. */
export interface Delay {
  /**
   * All of it: on the machine's clock from the grid instant to now; on a driven clock,
   * where instants are not the machine's, from the message that completed the frameset to now.
   */
  readonly total: Micros;
  /** Its parts in order, by name; none on a driven clock. */
  readonly hops: Readonly<Record<string, Micros>>;
}
