import { ONLINE_DEFAULTS, type OnlineOptions } from "../../../learn/online/OnlineOptions.ts";
import type { DecodedWeights } from "../../../models/unified/weights.ts";
import { Rng } from "../../../tensor/Rng.ts";
import { type KnownRow, NOBODY, type Played, playStream } from "./playStream.ts";

/** One moment in so many is labelled. */
const LABEL_EVERY = 10;
/** How late, in µs. */
const LATE = 2e6;

/** What is varied of the learner, by name; the first is as it ships. */
export const VARIANTS: Readonly<Record<string, Partial<OnlineOptions>>> = {
  learning: {},
  "no-projection": { guard: { kind: "none" } },
  "no-replay": { replayed: 0 },
  "no-gate": { gate: undefined as never },
  codebook: { codebook: { tau: 600e6, maxStep: 0.05 } },
  pseudo: { pseudo: { confidence: 0.95, weight: 0.2 } },
};

/** How a stream is labelled. */
export interface Labelling {
  /** Share of labels that name another class. */
  readonly flipped: number;
  readonly seed: number;
}

/** Plays a stream with late, sparse labels to a learner. */
export function learnOn(
  weights: DecodedWeights,
  rows: readonly KnownRow[],
  ignored: readonly string[],
  online: Partial<OnlineOptions>,
  { flipped, seed }: Labelling,
): Played {
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

/** The same without a label: what the frozen model says. */
export function frozenOn(
  weights: DecodedWeights,
  rows: readonly KnownRow[],
  ignored: readonly string[],
): Played {
  return playStream({ weights, rows, ignored, online: ONLINE_DEFAULTS, ...NOBODY });
}
