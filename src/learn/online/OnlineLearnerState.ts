import type { AdaptedPart } from "../../models/unified/adapted.ts";
import type { ContenderState } from "./Contender.ts";
import type { LabelledRow } from "./HeadLearner.ts";
import type { HeldState } from "./HeldMoments.ts";
import type { LabelDeskState } from "./LabelDesk.ts";
import type { LiveGaugesState } from "./LiveGauges.ts";

/** All that a learner knows: what it takes to go on, bit for bit. */
export interface OnlineLearnerState {
  readonly rng: readonly number[];
  readonly desk: LabelDeskState;
  readonly held: HeldState;
  readonly fresh: readonly LabelledRow[];
  readonly contenders: readonly ContenderState[];
  readonly gauges: LiveGaugesState;
  readonly entropy: Float32Array;
  readonly serving: VersionState;
  readonly parent?: VersionState;
  /** How what serves was learnt; absent where this learner did not learn it. */
  readonly learner?: string;
  readonly isPinned: boolean;
  readonly own: readonly string[];
  readonly credit: number;
  readonly counts: LearnerCounts;
  readonly learntSince: number;
}

/** A version with its file; with its part alone where it came without, and with neither where it is trained. */
export interface VersionState {
  readonly version: string;
  readonly bytes?: Uint8Array;
  readonly part?: AdaptedPart;
}

export interface LearnerCounts {
  rows: number;
  steps: number;
  learnt: number;
  held: number;
  pseudo: number;
  published: number;
  discarded: number;
  rolledBack: number;
}
