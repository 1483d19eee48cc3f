import type { Micros } from "../units.ts";

/** What a dashboard draws for one stream, and the shape of each {@link StreamRow.view}. */
export type ViewDescription =
  /** `perRow` columns of `bins` u8 values each, lowest bin first: a spectrogram. */
  | { readonly kind: "columns"; readonly bins: number; readonly perRow: number }
  /** u8 grey picture, row by row from the top. */
  | { readonly kind: "image"; readonly width: number; readonly height: number }
  /**
   * `perRow` points of `traces` u8 values each: 1 the foot of a trace's range, 255 its top, 0 no value; what each
   * trace is called.
   */
  | {
      readonly kind: "lines";
      readonly traces: number;
      readonly perRow: number;
      readonly names?: readonly string[] | undefined;
    }
  /** {@link StreamRow.captions}. */
  | { readonly kind: "captions" }
  | { readonly kind: "none" };

/** What a dashboard has to know about a stream before its first row. */
export interface StreamInfo {
  readonly stream: string;
  readonly modality: "audio" | "video" | "text" | "sensor";
  /** Nominal frames per second; 0 where frames come as things happen. */
  readonly rate: number;
  readonly unit: string;
  readonly view: ViewDescription;
  /** Whether its evidence counts in the fused answer: a transcript that is only shown does not. */
  readonly counts: boolean;
}

/** What is running; the first message on every connection, and again whenever it changes. */
export interface HelloMessage {
  readonly kind: "hello";
  readonly pipeline: string;
  readonly summary: string;
  /** What it is fed with: "demo", "corpus", "live". */
  readonly feed: string;
  /** Time between two rows, in µs. */
  readonly period: Micros;
  /** How far the answer of a row lies before the row, in µs. */
  readonly lookAhead: Micros;
  /** Longest time from an event's end to its final form, beyond the look-ahead; absent where nobody says. */
  readonly finalDelay?: Micros;
  /** Every class, by index. */
  readonly classes: readonly string[];
  /** The class that means "nothing is happening"; empty where there is none. */
  readonly silence: string;
  /** Classes by the slot they fill: `{ digit: ["zero", …] }`; empty where there are none. */
  readonly slots: Readonly<Record<string, readonly string[]>>;
  readonly streams: readonly StreamInfo[];
  /** Codes in the codebook that all streams share. */
  readonly codes: number;
  readonly model: string;
  /** Set where the model has no weights yet: it has no classes and answers nothing. */
  readonly untrained?: boolean;
  /** Whether the feed knows what is truly being said. */
  readonly hasTruth: boolean;
}

/**
 * - `starting`: its process is up, nothing has come yet
 * - `live`: frames come as they should
 * - `broken`: frames come, but what they say is not believed: see {@link StreamState.doubt}
 * - `late`: frames come, too late to be used
 * - `idle`: silent for longer than its idle timeout; it holds nothing back any more
 * - `rejoining`: its process is being restarted, or has just spoken again
 * - `unplugged`: stopped on request
 * - `ended`: it said that nothing will follow
 */
export type StreamStateName =
  | "starting"
  | "live"
  | "broken"
  | "late"
  | "idle"
  | "rejoining"
  | "unplugged"
  | "ended";

/** How one stream is. */
export interface StreamState {
  readonly stream: string;
  readonly state: StreamStateName;
  /** Frames per second, measured over the last seconds. */
  readonly rate: number;
  /** Now minus the origin time of its newest frame, in µs; absent before the first. */
  readonly age?: Micros;
  /** Frames and messages that were not used, by reason, since the start. */
  readonly counters: Readonly<Record<string, number>>;
  /** Why it is not believed, in words, and since which row; only while it is `broken`. */
  readonly doubt?: { readonly reason: string; readonly text: string; readonly since: Micros };
  /** Last thing that went wrong, in words. */
  readonly problem?: string;
  /** Whether `unplug` and `replug` are understood: an outside publisher cannot be unplugged. */
  readonly pluggable: boolean;
}

/** How all streams are. Replaces the one before. */
export interface StreamsMessage {
  readonly kind: "streams";
  readonly time: Micros;
  readonly streams: readonly StreamState[];
  /** How the recording is doing; absent where the run is not recorded. */
  readonly recording?: RecordingState;
}

/** How a run's recording is doing. */
export interface RecordingState {
  /** `failed`: the run goes on and is not recorded any more. */
  readonly state: "recording" | "failed" | "closed";
  /** Bytes on the disk. */
  readonly bytes: number;
  /** Why it failed, in words. */
  readonly problem?: string;
}

/** One class and how probable it is. */
export interface Candidate {
  /** Index into {@link HelloMessage.classes}. */
  readonly class: number;
  /** In [0, 1]. */
  readonly probability: number;
}

/** A word that a text stream carried. */
export interface CaptionView {
  readonly text: string;
  readonly from: Micros;
  readonly to: Micros;
}

/** One stream in one row. */
export interface StreamRow {
  readonly presence: "real" | "held" | "interpolated" | "missing";
  /** Why it is missing. */
  readonly reason?: string;
  /** What the model says about it; absent when it was missing. */
  readonly reading?: {
    readonly code: number;
    /** Second nearest code's distance minus the nearest's, ≥ 0. */
    readonly margin: number;
    /** Share in the fused answer, in [0, 1]. */
    readonly weight: number;
    /** Most probable classes from this stream alone, best first. */
    readonly top: readonly Candidate[];
  };
  /** Bytes to draw, as {@link StreamInfo.view} says; absent when there is nothing new to draw. */
  readonly view?: Uint8Array;
  readonly captions?: readonly CaptionView[];
}

/** What one subset of the streams would have answered. */
export interface SubsetRow extends Candidate {
  readonly streams: readonly string[];
}

/** One instant of the grid: what was there, and what the model made of it. */
export interface Row {
  readonly time: Micros;
  /** Most probable classes from everything present, best first. They are about `time − lookAhead`. */
  readonly fused: readonly Candidate[];
  readonly streams: Readonly<Record<string, StreamRow>>;
  /** The robustness drill: the best answer of every subset of the streams present. */
  readonly subsets: readonly SubsetRow[];
}

/** Consecutive instants of the grid, oldest first. */
export interface RowsMessage {
  readonly kind: "rows";
  readonly rows: readonly Row[];
}

/** An event; an `EventSpan` of `frames/` fits as it is. */
export interface LiveEvent {
  readonly id: string;
  readonly label: string;
  readonly from: Micros;
  readonly to: Micros;
  /** In [0, 1]. */
  readonly score: number;
  /** By stream, in [0, 1]. */
  readonly evidence: Readonly<Record<string, number>>;
  /** Streams that back the label, strongest first. */
  readonly modalities: readonly string[];
  /** From when to when each of these backs it by itself; absent where nobody says. */
  readonly extents?: Readonly<Record<string, readonly [from: Micros, to: Micros]>>;
  readonly state: "provisional" | "final" | "withdrawn";
}

/** Events that are new or have changed; each replaces the one of its id. */
export interface EventsMessage {
  readonly kind: "events";
  readonly events: readonly LiveEvent[];
}

/** Something known to have happened. */
export interface KnownLabel {
  readonly label: string;
  readonly slot: string;
  readonly from: Micros;
  readonly to: Micros;
  /** Who says so; absent, or `truth`, for what the feed itself knows. */
  readonly by?: string;
}

/** What is known to be true, a little ahead of time or, by people, any time later. */
export interface TruthMessage {
  readonly kind: "truth";
  readonly labels: readonly KnownLabel[];
}

/** How one subset of the streams has done over the last minute. Shares in [0, 1]. */
export interface SubsetGauge {
  readonly streams: readonly string[];
  /** Rows at which it was there. */
  readonly rows: number;
  /** Share of them in which it named the same class as everything together. */
  readonly agreement?: number;
  /** The same of rows in which either named an event. */
  readonly eventAgreement?: number;
  /** The accuracy to expect of it alone, by what everything together held probable. */
  readonly expected?: number;
  /** Its own mean probability, calibrated. */
  readonly confidence?: number;
  /** Rows for which somebody said what was true, and the share of those it named right. */
  readonly labelled: number;
  readonly accuracy?: number;
}

/** How one stream's embeddings lie to those of everything together. */
export interface AlignmentGauge {
  readonly stream: string;
  /** Mean cosine, in [−1, 1]. */
  readonly cosine?: number;
  /** Score of the component analysis, in [0, 1]; about 0.75 where both lie alike. */
  readonly dca?: number;
}

/** How often two streams fall on the same code while something happens, in [0, 1]. */
export interface CodeGauge {
  readonly streams: readonly string[];
  readonly share?: number;
}

/** How far the answers may be trusted. Replaces the one before. */
export interface GaugesMessage {
  readonly kind: "gauges";
  readonly time: Micros;
  readonly subsets: readonly SubsetGauge[];
  readonly alignment: readonly AlignmentGauge[];
  readonly codes: readonly CodeGauge[];
}

/** Time spent between two points on the way of a frame, in µs. */
export interface Delay {
  readonly last: Micros;
  readonly p50: Micros;
  readonly p99: Micros;
}

/** How old what we show is. */
export interface LatencyMessage {
  readonly kind: "latency";
  /** From a sensor's frame to the message on the dashboard's socket. */
  readonly total: Delay;
  /** The parts of it, in order, where they are known. */
  readonly hops: readonly ({ readonly name: string } & Delay)[];
}

/** What one stream lacks for the next row. */
export interface StreamWait {
  readonly stream: string;
  /** The row needs it to be known up to here, in µs from the row's instant. */
  readonly needs: Micros;
  /** It is known up to here, in µs from the row's instant; absent before its first sign of life. */
  readonly has?: Micros;
}

/** The row that should come next. */
export interface NextRow {
  readonly index: number;
  readonly time: Micros;
  /** Whether any stream has come far enough for it. */
  readonly due: boolean;
  /** The streams that hold it back; none when it is not due. */
  readonly waits: readonly StreamWait[];
}

/** Whether rows come, and why not. Replaces the one before. */
export interface StatusMessage {
  readonly kind: "status";
  readonly state: "starting" | "running" | "waiting" | "ended" | "failed";
  /** One plain sentence for a person. */
  readonly text: string;
  /** Streams that hold the rows back. */
  readonly blocking: readonly string[];
  /** What exactly is waited for; while rows come, and where nobody knows, it is absent. */
  readonly next?: NextRow;
}

/** Which version of the model serves and why, and how the learning goes. A whole state. */
export interface LearningMessage {
  readonly kind: "learning";
  readonly version: string;
  /** Whether it serves until somebody says otherwise. */
  readonly isPinned: boolean;
  /** Whether anything learns. */
  readonly isLearning: boolean;
  /** Why it serves, who decided so, and the reason in one sentence; absent for what a run began with. */
  readonly cause?: "learnt" | "rollback" | "pin" | "unpin";
  readonly by?: string;
  readonly reason?: string;
  /** What the gate said last. */
  readonly verdict?: {
    readonly published: boolean;
    readonly reason: string;
    /** Accuracy on held-back moments, in [0, 1]: of what served, and of the candidate. */
    readonly serving: number;
    readonly candidate: number;
    /** Held-back moments. */
    readonly held: number;
  };
  /** Labels given, moments learnt from them and held back, labels that came too late. */
  readonly labels: {
    readonly given: number;
    readonly learnt: number;
    readonly held: number;
    readonly tooLate: number;
  };
  readonly published: number;
  readonly discarded: number;
  readonly rolledBack: number;
}

/** Something went wrong and was dealt with. */
export interface ProblemMessage {
  readonly kind: "problem";
  readonly text: string;
  readonly stream?: string;
}

/** Answer to a ping. */
export interface PongMessage {
  readonly kind: "pong";
  readonly id: number;
  /** The pipeline's clock when it answered. */
  readonly time: Micros;
}

/** Rows that this client was not sent because it did not keep up. */
export interface SkippedMessage {
  readonly kind: "skipped";
  readonly rows: number;
}

/** Everything that the server says. */
export type ServerMessage =
  | HelloMessage
  | StreamsMessage
  | RowsMessage
  | EventsMessage
  | TruthMessage
  | GaugesMessage
  | LatencyMessage
  | StatusMessage
  | LearningMessage
  | ProblemMessage
  | PongMessage
  | SkippedMessage;

/** Stop the process of a stream's sensor. */
export interface UnplugMessage {
  readonly kind: "unplug";
  readonly stream: string;
}

/** Start the process of a stream's sensor again. */
export interface ReplugMessage {
  readonly kind: "replug";
  readonly stream: string;
}

/** Asks for a {@link PongMessage} with the same id: measures the way, and compares the clocks. */
export interface PingMessage {
  readonly kind: "ping";
  readonly id: number;
}

/** Everything that a client says. */
export type ClientMessage = UnplugMessage | ReplugMessage | PingMessage;
