import { ConfigError } from "../errors.ts";
import type { Micros } from "../units.ts";
import type {
  GaugesMessage,
  LatencyMessage,
  LearningMessage,
  LiveEvent,
  Row,
  ServerMessage,
  StatusMessage,
  StreamsMessage,
  TruthMessage,
} from "./messages.ts";

/** What a {@link History} remembers. */
export interface HistoryOptions {
  /** How far back, in µs of row time. */
  readonly span: Micros;
  /** Rows between two that keep their picture: pictures are most of the bytes, and a strip shows few. */
  readonly pictureEvery: number;
}

/** Events, and labels, kept at most: while no row comes, nothing says which of them are old. */
const MOST = 2_000;

/**
 * The last seconds of a live feed, for a client that connects late.
 *
 * Bounded, whatever comes: rows older than the newest by more than `span` are forgotten, and so are events and
 * labels that ended before the oldest row, and the first of more than 2,000 of either.
 */
export class History {
  readonly #options: HistoryOptions;
  #rows: Row[] = [];
  #count = 0;
  #events = new Map<string, LiveEvent>();
  #truth: TruthMessage["labels"] = [];
  #streams: StreamsMessage | undefined;
  #status: StatusMessage | undefined;
  #latency: LatencyMessage | undefined;
  #learning: LearningMessage | undefined;
  #gauges: GaugesMessage | undefined;

  constructor(options: HistoryOptions) {
    if (!(options.span > 0))
      throw new ConfigError("History", `expected span > 0 us, got ${options.span}`);
    if (!(options.pictureEvery >= 1))
      throw new ConfigError("History", `expected pictureEvery >= 1, got ${options.pictureEvery}`);
    this.#options = options;
  }

  /** Remembers what a message says, and forgets what is now too old. */
  push(message: ServerMessage): void {
    switch (message.kind) {
      case "rows":
        for (const row of message.rows) this.#pushRow(row);
        this.#forget();
        return;
      case "events":
        for (const event of message.events) {
          if (event.state === "withdrawn") this.#events.delete(event.id);
          else this.#events.set(event.id, event);
        }
        for (const id of this.#events.keys())
          if (this.#events.size > MOST) this.#events.delete(id);
          else break;
        return;
      case "truth":
        this.#truth = [...this.#truth, ...message.labels].slice(-MOST);
        return;
      case "streams":
        this.#streams = message;
        return;
      case "status":
        this.#status = message;
        return;
      case "latency":
        this.#latency = message;
        return;
      case "learning":
        this.#learning = message;
        return;
      case "gauges":
        this.#gauges = message;
        return;
      case "hello":
      case "problem":
      case "pong":
      case "skipped":
        return;
    }
  }

  /** The messages that bring a new client up to date, in the order in which to send them. */
  snapshot(): ServerMessage[] {
    const events = [...this.#events.values()];
    const snapshot: ServerMessage[] = [];
    if (this.#status) snapshot.push(this.#status);
    if (this.#streams) snapshot.push(this.#streams);
    if (this.#truth.length > 0) snapshot.push({ kind: "truth", labels: this.#truth });
    if (this.#rows.length > 0) snapshot.push({ kind: "rows", rows: this.#rows });
    if (events.length > 0) snapshot.push({ kind: "events", events });
    if (this.#latency) snapshot.push(this.#latency);
    if (this.#learning) snapshot.push(this.#learning);
    if (this.#gauges) snapshot.push(this.#gauges);
    return snapshot;
  }

  /** The last streams, status, latency, learning and gauges messages, for a page of plain facts. */
  state(): {
    readonly streams: StreamsMessage | undefined;
    readonly status: StatusMessage | undefined;
    readonly latency: LatencyMessage | undefined;
    readonly learning: LearningMessage | undefined;
    readonly gauges: GaugesMessage | undefined;
  } {
    return {
      streams: this.#streams,
      status: this.#status,
      latency: this.#latency,
      learning: this.#learning,
      gauges: this.#gauges,
    };
  }

  #pushRow(row: Row): void {
    const newest = this.#rows.at(-1);
    // A grid that starts anew behind the old one would make "the last seconds" mean nothing.
    if (newest !== undefined && row.time <= newest.time) this.#rows = [];
    const keepsPicture = this.#count % this.#options.pictureEvery === 0;
    this.#count += 1;
    this.#rows.push(keepsPicture ? row : withoutPictures(row));
  }

  #forget(): void {
    const newest = this.#rows.at(-1);
    if (newest === undefined) return;
    const since = newest.time - this.#options.span;
    const first = this.#rows.findIndex((row) => row.time >= since);
    if (first > 0) this.#rows = this.#rows.slice(first);
    for (const [id, event] of this.#events) if (event.to < since) this.#events.delete(id);
    if (this.#truth.some((label) => label.to < since))
      this.#truth = this.#truth.filter((label) => label.to >= since);
  }
}

/** Bytes above which a view is a picture rather than a column of a spectrogram. */
const PICTURE_BYTES = 256;

function withoutPictures(row: Row): Row {
  const streams = Object.entries(row.streams).map(([name, stream]) => {
    const { view, ...rest } = stream;
    return [name, view !== undefined && view.byteLength > PICTURE_BYTES ? rest : stream] as const;
  });
  return { ...row, streams: Object.fromEntries(streams) };
}
