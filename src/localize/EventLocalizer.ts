import { ConfigError } from "../errors.ts";
import type { EventSpan } from "../frames/EventSpan.ts";
import type { Reading } from "../frames/Reading.ts";
import { type Micros, micros } from "../units.ts";
import { StickyDecoder, type StickyDecoderSnapshot } from "./StickyDecoder.ts";

/** How readings become events. */
export interface EventLocalizerOptions {
  /** Names of the classes; index as in the readings. */
  readonly classes: readonly string[];
  /** [classes] how often each holds. */
  readonly prior: readonly number[];
  /** The class that is no event. */
  readonly silence: string;
  /** Time from one reading to the next. */
  readonly period: Micros;
  /** Exponent of the prior that is divided out of the posterior. */
  readonly priorExponent?: number;
  /** Cost of a change of class, in nats. */
  readonly switchCost?: number;
  /** Rows after which a decision is final: the delay of final spans. */
  readonly lagRows?: number;
  /** Shortest event, in rows. */
  readonly leastRows?: number;
  /** A stream backs a label when its own mean probability of it is at least this. */
  readonly backing?: number;
}

interface Row {
  readonly id: string;
  readonly labelTime: Micros;
  /** Of a reading no more than what describes a span. */
  readonly logProbabilities: Float32Array;
  readonly streams: Readonly<Record<string, Float32Array>>;
}

interface Run {
  readonly state: number;
  /** Row numbers [from, to). */
  readonly from: number;
  readonly to: number;
}

/** What a localizer remembers. */
export interface LocalizerSnapshot {
  readonly decoder: StickyDecoderSnapshot;
  readonly rows: readonly Row[];
  readonly firstRow: number;
  readonly open?: Run;
  readonly recent: readonly number[];
  readonly provisional: readonly EventSpan[];
}

/**
 * Turns readings, one by one, into events: what, from when to when, and what carries it.
 *
 * Key behaviours: a span is `provisional` from its second row on and may still grow, shrink or be
 * `withdrawn`; once no later reading can change it, it is given out as `final`, exactly once, at most
 * `delayRows` readings after its end. A span's id is its first row and its label: where the onset moves,
 * the span is withdrawn and another takes its place. Only changes are given out.
 * Memory is bounded by the longest event plus the lag. A pure function of the readings.
 *
 * Posterior / prior^a decoded by a sticky chain: design/recipes.md, word localisation.
 */
export class EventLocalizer {
  /** Readings between a span's end and its final form. */
  readonly delayRows: number;
  readonly #options: Required<EventLocalizerOptions>;
  readonly #decoder: StickyDecoder;
  readonly #silence: number;
  /** Rows from number `#firstRow` on. */
  readonly #rows: Row[] = [];
  #firstRow = 0;
  /** The settled run that has not ended yet. */
  #open: Run | undefined;
  #recent: readonly number[] = [];
  #provisional: EventSpan[] = [];

  /** @throws {ConfigError} If `silence` is no class, or prior and classes differ in length. */
  constructor(options: EventLocalizerOptions) {
    const { classes, prior, silence } = options;
    this.#silence = classes.indexOf(silence);
    if (this.#silence < 0 || prior.length !== classes.length)
      throw new ConfigError(
        "EventLocalizer",
        `expected ${classes.length} shares and silence among the classes, got ${prior.length} and ${silence}`,
      );
    this.#options = {
      priorExponent: 0.5,
      switchCost: 4,
      lagRows: 6,
      leastRows: 2,
      backing: 0.3,
      ...options,
    };
    this.delayRows = this.#options.lagRows;
    this.#decoder = new StickyDecoder({
      prior,
      priorExponent: this.#options.priorExponent,
      switchCost: this.#options.switchCost,
      lagRows: this.#options.lagRows,
    });
  }

  /**
   * Takes the next reading.
   *
   * @param reading Its probabilities are kept until its row is settled; not changed.
   * @returns New and changed spans, oldest first; final ones before provisional ones.
   */
  push(reading: Reading): EventSpan[] {
    const { id, labelTime, logProbabilities } = reading;
    const streams = Object.fromEntries(
      Object.entries(reading.streams).map(([stream, own]) => [stream, own.logProbabilities]),
    );
    this.#rows.push({ id, labelTime, logProbabilities, streams });
    const { settled, recent } = this.#decoder.push(logProbabilities);
    this.#recent = recent;
    const ended = settled === undefined ? undefined : this.#settle(settled);
    return this.#report(ended === undefined ? [] : [ended]);
  }

  /** Ends the stream: what is still provisional becomes final as it stands. */
  flush(): EventSpan[] {
    const ended: Run[] = [];
    for (const state of this.#recent) {
      const run = this.#settle(state);
      if (run !== undefined) ended.push(run);
    }
    if (this.#open !== undefined) ended.push(this.#open);
    this.#recent = [];
    this.#open = undefined;
    return this.#report(ended);
  }

  /** All that it remembers; borrows the readings' numbers, which nobody changes. */
  snapshot(): LocalizerSnapshot {
    return {
      decoder: this.#decoder.snapshot(),
      rows: [...this.#rows],
      firstRow: this.#firstRow,
      ...(this.#open !== undefined && { open: this.#open }),
      recent: this.#recent,
      provisional: this.#provisional,
    };
  }

  /** Goes on where another of the same options gave this snapshot. */
  restore({ decoder, rows, firstRow, open, recent, provisional }: LocalizerSnapshot): void {
    this.#decoder.restore(decoder);
    this.#rows.splice(0, Number.POSITIVE_INFINITY, ...rows);
    this.#firstRow = firstRow;
    this.#open = open;
    this.#recent = recent;
    this.#provisional = [...provisional];
  }

  /** Adds one settled row; gives the run that it ended. */
  #settle(state: number): Run | undefined {
    const open = this.#open;
    if (open === undefined) {
      this.#open = { state, from: this.#firstRow, to: this.#firstRow + 1 };
      return undefined;
    }
    if (open.state === state) {
      this.#open = { ...open, to: open.to + 1 };
      return undefined;
    }
    this.#open = { state, from: open.to, to: open.to + 1 };
    return open;
  }

  #report(ended: readonly Run[]): EventSpan[] {
    const before = this.#provisional;
    const finals = ended
      .filter((run) => this.#isEvent(run))
      .map((run) => this.#describe(run, "final"));
    const provisional = this.#runs()
      .filter((run) => this.#isEvent(run))
      .map((run) => this.#describe(run, "provisional"));
    const standing = new Set([...finals, ...provisional].map(({ id }) => id));
    const withdrawn = before
      .filter(({ id }) => !standing.has(id))
      .map((span): EventSpan => ({ ...span, state: "withdrawn" }));
    const changed = provisional.filter((span) => {
      const old = before.find(({ id }) => id === span.id);
      return old === undefined || old.from !== span.from || old.to !== span.to;
    });
    this.#provisional = provisional;
    this.#forget();
    return [...finals, ...withdrawn, ...changed];
  }

  /** Runs not settled yet, the open one first. */
  #runs(): Run[] {
    const runs: Run[] = this.#open === undefined ? [] : [this.#open];
    let at = this.#open?.to ?? this.#firstRow;
    for (const state of this.#recent) {
      const last = runs.at(-1);
      if (last?.state === state) runs[runs.length - 1] = { ...last, to: at + 1 };
      else runs.push({ state, from: at, to: at + 1 });
      at++;
    }
    return runs;
  }

  #isEvent({ state, from, to }: Run): boolean {
    return state !== this.#silence && to - from >= this.#options.leastRows;
  }

  #describe({ state, from, to }: Run, spanState: EventSpan["state"]): EventSpan {
    const rows = this.#rows.slice(from - this.#firstRow, to - this.#firstRow);
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined)
      throw new ConfigError("EventLocalizer", `expected rows ${from} to ${to}, got none`);
    const { backing, classes, period } = this.#options;
    const label = classes[state] ?? "";
    const evidence = meanEvidence(rows, state);
    return {
      id: `${first.id}/${label}`,
      label,
      // A row speaks for the half period on either side of its instant.
      from: micros(first.labelTime - period / 2),
      to: micros(last.labelTime + period / 2),
      score: mean(
        rows.map(({ logProbabilities }) => Math.exp(logProbabilities[state] ?? -Infinity)),
      ),
      evidence,
      modalities: Object.entries(evidence)
        .filter(([, probability]) => probability >= backing)
        .sort(([, a], [, b]) => b - a)
        .map(([stream]) => stream),
      state: spanState,
      rows: [first.id, last.id],
    };
  }

  /** Drops rows that no run can need any more. */
  #forget(): void {
    const open = this.#open;
    if (open === undefined) {
      if (this.#recent.length === 0) {
        this.#firstRow += this.#rows.length;
        this.#rows.length = 0;
      }
      return;
    }
    // Silence may last for hours and is never described.
    const from = open.state === this.#silence ? open.to : open.from;
    this.#rows.splice(0, from - this.#firstRow);
    this.#firstRow = Math.max(this.#firstRow, from);
  }
}

function meanEvidence(rows: readonly Row[], state: number): Record<string, number> {
  const values: Record<string, number[]> = {};
  for (const { streams } of rows)
    for (const [stream, logProbabilities] of Object.entries(streams)) {
      const list = values[stream] ?? [];
      list.push(Math.exp(logProbabilities[state] ?? -Infinity));
      values[stream] = list;
    }
  return Object.fromEntries(Object.entries(values).map(([stream, list]) => [stream, mean(list)]));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}
