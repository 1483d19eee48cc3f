import type { AdaptedPart } from "../models/unified/adapted.ts";
import type { UnifiedConfig } from "../models/unified/config.ts";
import type {
  InferenceState,
  RowFeatures,
  RowInputs,
  RowOutputs,
} from "../models/unified/inference.ts";
import type { DeviceChoice } from "../tensor/device/Device.ts";

/** What the host tells its worker. */
export type ToWorker =
  | {
      readonly type: "open";
      /** Prefix of the model's version. */
      readonly name: string;
      /** Bytes of the weights file; absent for a model that is yet to be trained. */
      readonly weights?: Uint8Array;
      readonly device: DeviceChoice;
      readonly threads: number;
      /** Bytes of the `.onnx` file that some streams' features go through first, by stream. */
      readonly extractors: Readonly<Record<string, Uint8Array>>;
      /** State to go on from; a fresh one when absent. */
      readonly state?: InferenceState;
      /** Head and codebook to go on with; those of the weights when absent. */
      readonly part?: AdaptedPart;
      /** Whether answers bring along what the head read. */
      readonly features: boolean;
    }
  | { readonly type: "row"; readonly index: number; readonly inputs: RowInputs }
  /** Answer with this head and codebook from the next row on; with those of the weights when absent. */
  | { readonly type: "serve"; readonly part?: AdaptedPart }
  /** Go on from this state. */
  | { readonly type: "restore"; readonly state: InferenceState }
  /** Send the state after row `index`, the last one given. */
  | { readonly type: "capture"; readonly index: number }
  /** Leave the rows that wait unanswered, and end. */
  | { readonly type: "close" };

/** What the worker tells its host. */
export type FromWorker =
  | {
      readonly type: "ready";
      readonly model: string;
      readonly trained: boolean;
      readonly device: string;
      readonly classes: readonly string[];
      readonly lookAhead: number;
      readonly prior: readonly number[];
      readonly codes: number;
      readonly config?: UnifiedConfig;
    }
  | {
      readonly type: "answer";
      readonly index: number;
      readonly outputs: RowOutputs;
      readonly features?: RowFeatures;
      /** See `Reading.unusable`; absent where there are none. */
      readonly unusable?: readonly string[];
    }
  /** The state after row `index`, from which another worker can go on. */
  | { readonly type: "state"; readonly index: number; readonly state: InferenceState }
  | { readonly type: "failed"; readonly problem: string };
