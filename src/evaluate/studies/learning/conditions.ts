import { ONLINE_DEFAULTS, type OnlineOptions } from "../../../learn/online/OnlineOptions.ts";
import type { DecodedWeights } from "../../../models/unified/weights.ts";
import { Rng } from "../../../tensor/Rng.ts";
import { type Played, playStream } from "./playStream.ts";
import type { KnownRow } from "./StreamAnswers.ts";

/** One moment in so many is labelled. */
export const LABEL_EVERY = 10;
/** How late, in µs. */
const LATE = 2e6;

/** What is varied of the learner, by name; the first is as it ships. */
export const VARIANTS: Readonly<Record<string, Partial<OnlineOptions>>> = {
  learning: {},
  "no-gate": { gate: undefined as never },
};

/** Plays a stream with late, sparse labels to a learner. */
export function learnOn(options: {
  readonly weights: DecodedWeights;
  readonly rows: readonly KnownRow[];
  readonly ignored: readonly string[];
  readonly online: Partial<OnlineOptions>;
  /** Share of labels that name another class. */
  readonly flipped: number;
  readonly seed: number;
}): Played {
  const { weights, rows, ignored, online, flipped, seed } = options;
  const rng = Rng.fromSeed(seed).fork("labels");
  const classes = weights.config.classes.length;
  const labels = rows.map(({ label }, at) => {
    if (at % LABEL_EVERY !== 0) return undefined;
    return rng.uniform() < flipped ? (label + rng.int(1, classes)) % classes : label;
  });
  return playStream({
    weights,
    rows,
    ignored,
    online: { ...ONLINE_DEFAULTS, seed, ...online },
    labelOf: (row) => labels[row],
    late: Math.round(LATE / weights.config.rowMicros),
  });
}
