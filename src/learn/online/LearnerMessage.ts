import type { Label } from "../../frames/EventSpan.ts";
import type { AdaptedPart } from "../../models/unified/adapted.ts";
import type { RowFeatures } from "../../models/unified/inference.ts";
import type { Micros } from "../../units.ts";
import type { Verdict } from "./judge.ts";
import type { LabelCounts } from "./LabelDesk.ts";
import type { LearntVersion } from "./learntWeights.ts";

/** What a learner is told, in the order of the log. */
export type LearnerInput =
  | {
      readonly kind: "row";
      readonly labelTime: Micros;
      readonly features: RowFeatures;
      /** Streams that were there and not believed; none where absent. */
      readonly doubted?: readonly string[];
    }
  | { readonly kind: "label"; readonly label: Label }
  /** From here on this version serves. */
  | {
      readonly kind: "serve";
      readonly version: string;
      /** Those of the weights where absent. */
      readonly part?: AdaptedPart;
      /** Whether it serves until somebody says otherwise. */
      readonly isPinned: boolean;
      /** Whether a learner of this log had it published or rolled back: it may know already. */
      readonly isOwn: boolean;
    };

/** What a learner has decided. */
export type Decision =
  | { readonly kind: "publish"; readonly learnt: LearntVersion; readonly verdict: Verdict }
  | { readonly kind: "discard"; readonly verdict: Verdict }
  /** What serves, `from`, has turned out worse; undefined goes back to the weights file. */
  | {
      readonly kind: "rollback";
      readonly from: string;
      readonly to: LearntVersion | undefined;
      readonly reason: string;
    };

/** How a learner is doing. */
export interface LearnerStatus {
  /** Rows seen, and steps of the head taken. */
  readonly rows: number;
  readonly steps: number;
  readonly labels: LabelCounts & {
    /** Rows that labels were about: learnt from, held back. */
    readonly learnt: number;
    readonly held: number;
    /** Rows that were learnt from without a label, because the streams agreed. */
    readonly pseudo: number;
  };
  /** Versions published, candidates discarded, versions rolled back by the learner. */
  readonly published: number;
  readonly discarded: number;
  readonly rolledBack: number;
  /** Accuracy on labels as they came, before they were learnt, of late: serving, candidate. */
  readonly prequential: readonly [serving: number, candidate: number];
}
