import type {
  CaptionView,
  KnownLabel,
  LiveEvent,
  Row,
  ServerMessage,
} from "../../../../src/server/protocol.ts";

/** A listener to rows as they come; `undefined` means that the past no longer counts. */
export type RowListener = (row: Row | undefined) => void;

/**
 * The last seconds of everything that has been received, in memory, for drawing.
 *
 * Bounded by `span` µs of row time. Rows that come again, or from before, start a new past.
 */
export class Recent {
  /** µs of row time. */
  span: number;
  readonly #listeners = new Set<RowListener>();
  #rows: Row[] = [];
  #events = new Map<string, LiveEvent>();
  #truth: KnownLabel[] = [];
  #captions = new Map<string, CaptionView[]>();

  constructor(span: number) {
    this.span = span;
  }

  /** Oldest first. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** In the order in which they were first heard of. */
  get events(): Iterable<LiveEvent> {
    return this.#events.values();
  }

  /** What the feed and people say happened, in the order in which they said so. */
  get truth(): readonly KnownLabel[] {
    return this.#truth;
  }

  /** What a stream carried, in the order in which it came, each once. */
  captions(stream: string): readonly CaptionView[] {
    return this.#captions.get(stream) ?? [];
  }

  /** Calls `listener` with every row there is and every one to come; returns how to stop that. */
  listen(listener: RowListener): () => void {
    for (const row of this.#rows) listener(row);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Remembers what a message says. */
  push(message: ServerMessage): void {
    if (message.kind === "rows") for (const row of message.rows) this.#pushRow(row);
    if (message.kind === "truth") this.#truth.push(...message.labels);
    if (message.kind === "events")
      for (const event of message.events) {
        if (event.state === "withdrawn") this.#events.delete(event.id);
        else this.#events.set(event.id, event);
      }
  }

  /** The last row at or before a time, if it is no more than `slack` µs before it. */
  rowAt(time: number, slack: number): Row | undefined {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle]?.time ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    const row = this.#rows[low - 1];
    return row !== undefined && time - row.time <= slack ? row : undefined;
  }

  /** Forgets everything. */
  clear(): void {
    this.#rows = [];
    this.#events.clear();
    this.#truth = [];
    this.#captions.clear();
    for (const listener of this.#listeners) listener(undefined);
  }

  #pushRow(row: Row): void {
    const newest = this.#rows.at(-1);
    if (newest !== undefined && row.time <= newest.time) this.clear();
    this.#rows.push(row);
    for (const [stream, { captions = [] }] of Object.entries(row.streams)) {
      const known = this.#captions.get(stream) ?? [];
      this.#captions.set(stream, known);
      // A held caption comes again with each row that it is held for.
      for (const caption of captions)
        if (!known.some(({ from }) => from === caption.from)) known.push(caption);
    }
    for (const listener of this.#listeners) listener(row);
    this.#forget(row.time - this.span);
  }

  #forget(since: number): void {
    // Most pushes forget one row; a search each time would cost as much as the drawing.
    while (this.#rows.length > 0 && (this.#rows[0]?.time ?? since) < since) this.#rows.shift();
    for (const captions of this.#captions.values())
      while (captions.length > 0 && (captions[0]?.to ?? since) < since) captions.shift();
    // People label what is long over: the first said is not the first to be over.
    if (this.#truth.some(({ to }) => to < since))
      this.#truth = this.#truth.filter(({ to }) => to >= since);
    for (const [id, event] of this.#events) if (event.to < since) this.#events.delete(id);
  }
}
