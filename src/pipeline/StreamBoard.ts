import type { AlignerCounters } from "../align/Aligner.ts";
import { UNUSED_REASONS } from "../align/UnusedFrame.ts";
import type { Frameset } from "../frames/Frameset.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { type Doubt, type DoubtReason, doubtText } from "../robustness/Doubt.ts";
import { type HealthState, StreamHealth } from "../robustness/StreamHealth.ts";
import { type Micros, micros } from "../units.ts";
import type { WireCounters } from "../wire/WireCounters.ts";

/** How one stream is, at one moment. */
export interface StreamSnapshot {
  readonly stream: string;
  readonly state: HealthState;
  /** Frames per second over the last two seconds. */
  readonly rate: number;
  /** Time since it was last heard, in µs; absent before the first time. */
  readonly age?: Micros;
  /** How its publisher's clock stands to ours (docs/clocks.md); absent where it is not probed. */
  readonly clock?: {
    /** Its clock minus ours when it was last corrected, in µs. */
    readonly offset: Micros;
    /** How much faster its clock runs than ours, in µs per second. */
    readonly ppm: number;
    /** How wrong its corrected times may be, in µs. */
    readonly uncertainty: Micros;
    /** What its stamps jitter by, a standard deviation, in µs; absent where that is not taken out. */
    readonly jitter?: Micros;
  };
  /** Frames and messages that were not used, by reason, since the start; only reasons that occurred. */
  readonly counters: Readonly<Record<string, number>>;
  /** Why it is not believed though it speaks, and since which row; absent where it is. */
  readonly doubt?: { readonly reason: DoubtReason; readonly text: string; readonly since: Micros };
  /** Last thing that went wrong, in words. */
  readonly problem?: string;
}

/** Reasons that say that a frame came too late for its row. */
const TOO_LATE = ["late", "equal"] as const;

/** Follows every stream of a run, and says how each is. Fed with what happens; asked with `snapshot`. */
export class StreamBoard {
  readonly #site: string;
  readonly #health = new Map<string, StreamHealth>();
  readonly #problems = new Map<string, string>();
  readonly #clocks = new Map<string, NonNullable<StreamSnapshot["clock"]>>();
  readonly #late = new Map<string, number>();
  readonly #doubts = new Map<string, Doubt>();
  readonly #wire: WireCounters;
  readonly #aligned: () => AlignerCounters;

  /**
   * @param streams The streams of the run.
   * @param wire Counts what was refused at the door.
   * @param aligned Tells what became of the frames that came in.
   */
  constructor(options: {
    readonly streams: readonly StreamDescription[];
    readonly wire: WireCounters;
    readonly aligned: () => AlignerCounters;
  }) {
    this.#site = options.streams[0]?.site ?? "";
    for (const { stream } of options.streams) this.#health.set(stream, new StreamHealth());
    this.#wire = options.wire;
    this.#aligned = options.aligned;
  }

  /** Shows a further stream. */
  declare({ stream }: StreamDescription): void {
    this.#health.set(stream, new StreamHealth());
  }

  /** Shows a stream no more. */
  withdraw({ stream }: StreamDescription): void {
    for (const known of [this.#health, this.#problems, this.#clocks, this.#late])
      known.delete(stream);
  }

  /** A record was appended to the log. */
  record(record: LogRecord): void {
    switch (record.kind) {
      case "DATA":
        this.#health
          .get(record.chunk.stream)
          ?.heard(record.logTime, record.chunk.originTimes.length);
        break;
      case "HEARTBEAT":
        this.#health.get(record.stream)?.heard(record.logTime, 0);
        break;
      case "IDLE":
        this.#health.get(record.stream)?.fellSilent();
        break;
      case "CLOSED":
        this.#health.get(record.stream)?.ended();
        break;
      case "CLOCK": {
        const { stream, ppm, uncertainty, jitter } = record;
        const offset = micros(record.offset + record.residual);
        const clock = { offset, ppm, uncertainty, ...(jitter !== undefined && { jitter }) };
        if (this.#health.has(stream)) this.#clocks.set(stream, clock);
        break;
      }
      default:
        break;
    }
  }

  /** A frameset was formed. */
  frameset({ cells }: Frameset): void {
    for (const [stream, cell] of Object.entries(cells))
      this.#health.get(stream)?.presence(cell.presence);
  }

  /** At the last row these are not believed, and no others. */
  doubted(doubts: readonly Doubt[]): void {
    if (doubts.length === 0 && this.#doubts.size === 0) return;
    this.#doubts.clear();
    for (const doubt of doubts) this.#doubts.set(doubt.stream, doubt);
    for (const [stream, health] of this.#health) health.doubted(this.#doubts.has(stream));
  }

  /** A stream's sensor was given back or started. */
  plugged(stream: string): void {
    this.#health.get(stream)?.plugged();
  }

  /** A stream's sensor was taken away. */
  unplugged(stream: string): void {
    this.#health.get(stream)?.unplugged();
  }

  /** Something went wrong with a stream. */
  problem(stream: string, text: string): void {
    this.#problems.set(stream, text);
  }

  /** How every stream is at `now`, in the order of the pipeline. */
  snapshot(now: Micros): StreamSnapshot[] {
    const { streams } = this.#aligned();
    return [...this.#health].map(([stream, health]) => {
      const wire = this.#wire.of(this.#site, stream);
      const counters: Record<string, number> = {};
      const count = (reason: string, frames: number | undefined): void => {
        if (frames !== undefined && frames > 0) counters[reason] = (counters[reason] ?? 0) + frames;
      };
      for (const reason of UNUSED_REASONS) count(reason, streams[stream]?.[reason]);
      for (const [reason, messages] of Object.entries(wire.refused)) count(reason, messages);
      count("lost", wire.lost);

      const late = TOO_LATE.reduce((sum, reason) => sum + (counters[reason] ?? 0), 0);
      if (late > (this.#late.get(stream) ?? 0)) health.tooLate(now);
      this.#late.set(stream, late);

      const age = health.age(now);
      const clock = this.#clocks.get(stream);
      const problem = this.#problems.get(stream);
      const doubt = this.#doubts.get(stream);
      const state = health.state(now);
      return {
        stream,
        state,
        rate: health.rate(now),
        ...(age !== undefined && { age }),
        ...(clock !== undefined && { clock }),
        counters,
        ...(doubt !== undefined &&
          state === "broken" && {
            doubt: { reason: doubt.reason, text: doubtText(doubt.reason), since: doubt.since },
          }),
        ...(problem !== undefined && { problem }),
      };
    });
  }
}
