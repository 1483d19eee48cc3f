import { ONLINE_DEFAULTS, type OnlineOptions } from "../../../learn/online/OnlineOptions.ts";
import type { DecodedWeights } from "../../../models/unified/weights.ts";
import { Rng } from "../../../tensor/Rng.ts";
import { labelEvents, labelMoments } from "./giveLabels.ts";
import { type Played, playStream } from "./playStream.ts";
import type { KnownRow } from "./StreamAnswers.ts";

/** The learner as it ships, and without its gate: everything that is learnt serves. */
export const SHIPPED: Readonly<Record<string, Partial<OnlineOptions>>> = {
  learning: {},
  "no-gate": { gate: undefined as never },
};

const HEADS = { belief: 30, sweeps: 2, guard: { kind: "none" }, reservoir: 400 } as const;
const SHARED = { ...HEADS, kind: "shared" } as const;

/** Parts of the learner, alone or left out. Without the gate, so that what a part does is seen. */
export const PARTS: Readonly<Record<string, Partial<OnlineOptions>>> = Object.fromEntries(
  Object.entries({
    exemplars: { heads: undefined as never },
    "exemplars-no-replay": { heads: undefined as never, replay: false },
    heads: { exemplars: false },
    "heads-no-replay": { exemplars: false, replay: false },
    "shared-head": { exemplars: false, heads: SHARED },
    "shared-head-projection": {
      exemplars: false,
      heads: { ...SHARED, guard: { kind: "stream", alpha: 0.1, meanDecay: 0.99 } },
    },
    codebook: { codebook: { tau: 600e6, maxStep: 0.05 } },
    "pseudo-labels": { pseudo: { confidence: 0.95, weight: 0.2 } },
  } satisfies Readonly<Record<string, Partial<OnlineOptions>>>).map(([name, online]) => [
    name,
    { ...online, gate: undefined as never },
  ]),
);

/** Plays a stream with late, sparse labels to a learner: single moments, or whole events. */
export function learnOn(options: {
  readonly weights: DecodedWeights;
  readonly rows: readonly KnownRow[];
  readonly ignored: readonly string[];
  readonly online: Partial<OnlineOptions>;
  /** Share of labels that name another class. */
  readonly flipped: number;
  /** Whether whole events are labelled, as people do; see `labelEvents`. */
  readonly whole: boolean;
  readonly seed: number;
  /** See `PlayOptions`. */
  readonly weighs: boolean;
}): Played {
  const { weights, rows, ignored, online, flipped, whole, seed, weighs } = options;
  const { config } = weights;
  const stream = { rows, classes: config.classes.length, rowMicros: config.rowMicros };
  const rng = Rng.fromSeed(seed).fork("labels");
  return playStream({
    weights,
    rows,
    ignored,
    weighs,
    online: { ...ONLINE_DEFAULTS, seed, ...online },
    labels: whole ? labelEvents(stream, rng) : labelMoments(stream, flipped, rng),
  });
}
