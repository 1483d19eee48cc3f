import type { Micros } from "../units.ts";

/** Something that happened, from when to when, and what carries the claim. */
export interface EventSpan {
  /**
   * First row and label. It stays while the span grows; a span whose onset or label turns out to be
   * another is withdrawn and told anew under another id.
   */
  readonly id: string;
  readonly label: string;
  readonly from: Micros;
  readonly to: Micros;
  /** Mean probability of the label over the span, in [0, 1]. */
  readonly score: number;
  /** Mean probability of the label over the span by each stream alone, in [0, 1]. */
  readonly evidence: Readonly<Record<string, number>>;
  /**
   * Streams whose evidence backs the label, strongest first: one alone (an event only heard, only seen) or
   * several.
   */
  readonly modalities: readonly string[];
  /** From when to when each of them by itself backs the label, within the span. */
  readonly extents: Readonly<Record<string, readonly [from: Micros, to: Micros]>>;
  /** `provisional` spans may still grow or vanish; `final` ones never change. */
  readonly state: "provisional" | "final" | "withdrawn";
  /** Framesets of its first and last instant. */
  readonly rows: readonly [first: string, last: string];
}

/** Something known to have happened: a person's label, or the truth that a recording carries. */
export interface Label {
  readonly label: string;
  readonly from: Micros;
  readonly to: Micros;
  /** Who says so: `truth` for a recording's own, else a person's or program's name. */
  readonly by: string;
  /** What kind of label it is within its vocabulary: "digit", "colour"; empty where there is one kind. */
  readonly slot: string;
}
