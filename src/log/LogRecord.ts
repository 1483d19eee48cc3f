import type { ClockModel } from "../clock/ClockModel.ts";
import type { Chunk } from "../frames/Chunk.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { Micros } from "../units.ts";

/** A version of a model, with all that it takes to serve it beside the weights file it was learnt on. */
export interface ServedVersion {
  readonly version: string;
  /** Version of that weights file; absent where `version` is a weights file itself. */
  readonly base?: string;
  /** Head and codebook (`decodeLearnt`); absent where `version` is a weights file itself. */
  readonly weights?: Uint8Array;
  /** Why it serves; absent for the one that a run starts with. */
  readonly cause?: "learnt" | "rollback" | "pin" | "unpin";
  /** Who decided so: `learner`, or a person's or program's name. */
  readonly by?: string;
  /** The reason in one sentence. */
  readonly reason?: string;
  /** True where it serves until somebody says otherwise: nothing that is learnt takes its place. */
  readonly pinned?: boolean;
  /** What it was judged by before it was published. */
  readonly figures?: object;
}

/** Payload of each kind of record in a site's log. */
interface LogRecords {
  /** Frames that came in, late, future and duplicate ones too: the aligner judges, not the ingest. */
  DATA: { readonly chunk: Chunk };
  /** The stream promises that no frame with an origin time before `until` will follow. */
  HEARTBEAT: { readonly stream: string; readonly until: Micros };
  /** The stream said nothing for its idle timeout; it no longer holds anything back. */
  IDLE: { readonly stream: string };
  /** The stream speaks again. */
  ACTIVE: { readonly stream: string };
  /** The stream ended by itself: no frame will follow in this epoch. */
  CLOSED: { readonly stream: string };
  /**
   * How the clock of one boot of a stream's publisher stands to ours, in force from here on. The records
   * after it have been brought to our clock with it already.
   */
  CLOCK: { readonly stream: string; readonly epoch: number } & ClockModel;
  /** A configuration, in force from `origin` on: starts or restarts the grid. */
  CONFIG: {
    readonly version: number;
    readonly origin: Micros;
    readonly period: Micros;
    readonly streams: readonly StreamDescription[];
  };
  /** How far streams may run apart from here on (alignment.md 9: S); finite. See `SkewTuner`. */
  SKEW: { readonly skew: Micros };
  /** The model that gives the readings of the rows formed from here on. */
  MODEL: ServedVersion;
  /** Something known to have happened. */
  LABEL: { readonly label: Label };
  /**
   * All that followed from the log up to a place shortly before: nothing happened, and nothing follows from
   * it; whoever reads on from that place may go on from it instead of from the log's start.
   */
  CHECKPOINT: {
    /** How many records, others of this kind not counted, lie between that place and this record. */
    readonly back: number;
    /** The model whose caches are in it. */
    readonly model: string;
    /** Moments given and spans told until there. */
    readonly moments: number;
    readonly spans: number;
    /** Of whoever interprets the log; see `packState`. */
    readonly state: Uint8Array;
  };
}

/** One record of a site's log; everything downstream is a pure function of their sequence. */
export type LogRecord = {
  [Kind in keyof LogRecords]: {
    readonly kind: Kind;
    /** When it was appended, on the pipeline's clock. Never decreases within a log. */
    readonly logTime: Micros;
  } & LogRecords[Kind];
}[keyof LogRecords];
