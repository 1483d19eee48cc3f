import { ConfigError } from "../../errors.ts";
import type { HeadLearnerOptions } from "./HeadLearner.ts";
import type { GateOptions } from "./judge.ts";

/** How a learner learns from a stream. Plain data: it travels to the learner's thread and into the log. */
export interface OnlineOptions {
  /** Seed of what is drawn: which rows are kept, which are replayed. */
  readonly seed: number;
  /** Rows that wait for a label; one that comes later is counted and not used. */
  readonly memory: number;
  /** Lets a learner contend that remembers labelled rows as exemplars of their classes. */
  readonly exemplars: boolean;
  /** Lets one contend that moves the heads; absent where they stay. */
  readonly heads?: HeadLearnerOptions;
  /** Whether what was labelled before is kept beside what is new, as a uniform sample; the newest alone if not. */
  readonly replay: boolean;
  /** New labelled rows that are learnt at a time. */
  readonly batch: number;
  /** Multiplications that a row pays for on average; what a step costs more is waited for. */
  readonly budget: number;
  /** One in so many blocks of time is never learnt from: it is what versions are judged by. */
  readonly heldEvery: number;
  /** Length of such a block in µs: rows close in time are nearly the same row. */
  readonly block: number;
  /** Held-back rows kept: the newest, and a uniform sample of all before. */
  readonly heldRecent: number;
  readonly heldOld: number;
  /** Moves the codebook on synchronised moments; absent where it stays. */
  readonly codebook?: CodebookOptions;
  /** Takes what all streams agree on for a label; absent where it does not. */
  readonly pseudo?: PseudoLabelOptions;
  /** When a version is published; absent where every candidate is. */
  readonly gate?: GateOptions;
  /** Rows between two candidates. */
  readonly candidateEvery: number;
  /** Labelled rows learnt since the last candidate that make another one worth judging. */
  readonly leastLearnt: number;
}

/** How the codebook moves. */
export interface CodebookOptions {
  /** Time constant of its averages in µs. */
  readonly tau: number;
  /** Largest way of a code in one moment. */
  readonly maxStep: number;
  /** Puts codes elsewhere that a modality has not chosen for so long, in µs; never unless given. */
  readonly resetAfter?: number;
}

/** When an agreement counts as a label. */
export interface PseudoLabelOptions {
  /** Least probability of the class by every stream alone and by all together. */
  readonly confidence: number;
  /** Weight of such a label. */
  readonly weight: number;
}

/** What held up on our data; docs/learning.md has the figures. */
export const ONLINE_DEFAULTS: OnlineOptions = {
  seed: 1,
  memory: 750,
  exemplars: true,
  heads: { belief: 30, sweeps: 2, kind: "apart", guard: { kind: "none" }, reservoir: 400 },
  replay: true,
  batch: 8,
  budget: 4e6,
  heldEvery: 8,
  block: 2e6,
  heldRecent: 160,
  heldOld: 160,
  gate: {
    leastTried: 40,
    leastBlocks: 16,
    leastHeld: 2,
    significance: 2,
    onSignificance: 1,
    fall: 0.01,
    fallSignificance: 1.64,
    contradicted: 0.1,
    agreementFall: 0.05,
    perplexityFall: 0.2,
    drift: 0.25,
  },
  candidateEvery: 250,
  leastLearnt: 16,
};

/**
 * Checks options, most of all those that came from a file.
 *
 * @throws {ConfigError} If a number is out of its range; the message names it.
 */
export function checkOnline(options: OnlineOptions): OnlineOptions {
  const counts = [
    ...(["memory", "batch", "heldRecent", "heldOld"] as const),
    ...(["heldEvery", "block", "candidateEvery", "leastLearnt"] as const),
  ];
  for (const name of counts)
    if (!(Number.isSafeInteger(options[name]) && options[name] > 0))
      throw new ConfigError("learn", `${name} must be a positive integer, got ${options[name]}`);
  if (options.heldEvery < 2)
    throw new ConfigError("learn", "heldEvery must be 2 or more, or nothing is learnt, got 1");
  if (!(options.budget > 0 && Number.isFinite(options.budget)))
    throw new ConfigError("learn", `budget must be > 0, got ${options.budget}`);
  if (options.heads !== undefined) checkHeads(options.heads);
  if (options.codebook !== undefined && !(options.codebook.tau > 0))
    throw new ConfigError("learn", `codebook.tau must be > 0 us, got ${options.codebook.tau}`);
  const { pseudo } = options;
  if (pseudo !== undefined && !(pseudo.confidence > 0.5 && pseudo.confidence <= 1))
    throw new ConfigError(
      "learn",
      `pseudo.confidence must be in (0.5, 1], got ${pseudo.confidence}`,
    );
  return options;
}

function checkHeads(heads: HeadLearnerOptions): void {
  if (!(heads.belief > 0 && Number.isFinite(heads.belief)))
    throw new ConfigError("learn", `heads.belief must be > 0, got ${heads.belief}`);
  for (const name of ["sweeps", "reservoir"] as const)
    if (!(Number.isSafeInteger(heads[name]) && heads[name] > 0))
      throw new ConfigError(
        "learn",
        `heads.${name} must be a positive integer, got ${heads[name]}`,
      );
  if (heads.kind === "apart" && heads.guard.kind !== "none")
    throw new ConfigError(
      "learn",
      `heads apart take nothing from each other: expected guard none, got ${heads.guard.kind}`,
    );
}
