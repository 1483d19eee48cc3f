import type { Micros } from "../units.ts";

/** Why the next row has not come out yet. */
export interface Blocking {
  /** Its instant. */
  readonly time: Micros;
  readonly index: number;
  /** Version of the configuration it will be formed under. */
  readonly config: number;
  /** Whether any stream has come far enough for the row to be due; if not, everyone is silent or early. */
  readonly due: boolean;
  /** Streams that the row still waits for; empty when it is not due. */
  readonly waits: readonly ColumnWait[];
}

/** What one stream lacks for the next row to be settled. */
export interface ColumnWait {
  readonly stream: string;
  /** The stream must be known up to here. */
  readonly need: Micros;
  /** It is known up to here, the skew bound included; −∞ before its first sign of life. */
  readonly has: Micros;
}
