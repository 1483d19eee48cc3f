import type { AlignerSnapshot } from "../align/AlignerSnapshot.ts";
import { LogError } from "../errors.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { OnlineLearnerState } from "../learn/online/OnlineLearnerState.ts";
import type { LocalizerSnapshot } from "../localize/EventLocalizer.ts";
import type { ServedVersion } from "../log/LogRecord.ts";
import { packValue, unpackValue } from "../log/packValue.ts";
import type { RobustnessSnapshot } from "../robustness/RobustnessMonitor.ts";
import type { FeatureRowsSnapshot } from "../stage/FeatureRows.ts";
import type { DigestState } from "./ReadingDigest.ts";

/** Written into every packed state; one of another format is not taken. */
const FORMAT = 6;

/** All that an `Interpretation` knows after a record: what it takes to go on there, bit for bit. */
export interface InterpretationState {
  readonly aligner: AlignerSnapshot;
  readonly features: FeatureRowsSnapshot;
  /** What the model carries from row to row, by path; absent before its first row. */
  readonly model?: Readonly<Record<string, Float32Array>>;
  readonly localizer: LocalizerSnapshot;
  readonly robustness: RobustnessSnapshot;
  /** Labels that came in after the last row. */
  readonly labels: readonly Label[];
  /** Framesets formed, moments given and spans told until there. */
  readonly framesets: number;
  readonly moments: number;
  readonly spans: number;
  /** Rows that the model refused because too many waited. */
  readonly refused: number;
  /** Labels of the truth on record until there. */
  readonly truths: number;
  /** Which version served, and all that it takes; absent where it was the weights file as it is. */
  readonly serving?: ServedVersion;
  /** What the learner knew; absent where nothing learnt. */
  readonly learner?: OnlineLearnerState;
  /** Of all readings until there; absent where nobody asked for it. */
  readonly digest?: DigestState;
}

/** The state as bytes, for the log. */
export function packState(state: InterpretationState): Uint8Array {
  return packValue({ format: FORMAT, ...state });
}

/** Whether `packState` of this version of the program made the bytes. */
export function isOwnState(bytes: Uint8Array): boolean {
  return formatOf(unpackValue(bytes)) === FORMAT;
}

/**
 * The state that `packState` made the bytes of.
 *
 * @throws {LogError} If the bytes are none, or of another version of this program.
 */
export function unpackState(bytes: Uint8Array): InterpretationState {
  const value = unpackValue(bytes);
  const format = formatOf(value);
  if (format !== FORMAT)
    throw new LogError("checkpoint", `expected format ${FORMAT}, got ${JSON.stringify(format)}`);
  return value as InterpretationState;
}

function formatOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, "format") : null;
}
