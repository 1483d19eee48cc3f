import type { Decision, LearnerInput, LearnerStatus } from "../learn/online/LearnerMessage.ts";
import type { OnlineLearnerState } from "../learn/online/OnlineLearnerState.ts";
import type { OnlineOptions } from "../learn/online/OnlineOptions.ts";

/** What the host tells the learner's thread. */
export type ToLearner =
  | {
      readonly type: "open";
      /** Prefix of the model's version. */
      readonly name: string;
      /** Bytes of the weights file. */
      readonly weights: Uint8Array;
      readonly ignored: readonly string[];
      readonly online: OnlineOptions;
      /** To go on from; from the start when absent. */
      readonly state?: OnlineLearnerState;
    }
  | { readonly type: "input"; readonly input: LearnerInput }
  /** Send all that is known by now. */
  | { readonly type: "capture" }
  | { readonly type: "close" };

/** What the learner's thread tells its host. */
export type FromLearner =
  | { readonly type: "ready" }
  /** One input is dealt with. */
  | {
      readonly type: "handled";
      readonly decisions: readonly Decision[];
      readonly status: LearnerStatus;
    }
  | { readonly type: "state"; readonly state: OnlineLearnerState }
  | { readonly type: "failed"; readonly problem: string };
