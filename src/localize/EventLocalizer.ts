import { ConfigError } from "../errors.ts";
import type { EventSpan } from "../frames/EventSpan.ts";
import type { Reading } from "../frames/Reading.ts";
import type { Micros } from "../units.ts";
import { type ChainPlan, chainPlans, statesOf } from "./chainPlans.ts";
import { EventChain, type EventChainSnapshot, type Run } from "./EventChain.ts";
import { type LocalizeSettings, localizeSettings } from "./LocalizeSettings.ts";
import { type SpanRow, SpanSums } from "./SpanSums.ts";

/** How readings become events. */
export interface EventLocalizerOptions extends Partial<LocalizeSettings> {
  /** Names of the classes; index as in the readings. */
  readonly classes: readonly string[];
  /** [classes] how often each holds. */
  readonly prior: readonly number[];
  /** The class that is no event. */
  readonly silence: string;
  /** Labels by the slot they fill; for `overlap: "slots"`. */
  readonly slots?: Readonly<Record<string, readonly string[]>>;
  /** Time from one reading to the next. */
  readonly period: Micros;
}

/** What a localizer remembers. */
export interface LocalizerSnapshot {
  readonly chains: readonly EventChainSnapshot[];
  readonly rows: readonly SpanRow[];
  readonly firstRow: number;
  readonly provisional: readonly EventSpan[];
}

/** Labels that exclude one another. */
interface Chain {
  readonly plan: ChainPlan;
  readonly chain: EventChain;
  /** What was gathered of the run that goes on, as far as it is settled: rows [from, to). */
  gathered?: { readonly from: number; readonly index: number; to: number; readonly sums: SpanSums };
}

/** A run that is an event of a class. */
interface Found extends Run {
  readonly index: number;
  readonly of: Chain;
}

/**
 * Turns readings, one by one, into events: what, from when to when, and what carries it.
 *
 * Key behaviours: a span is `provisional` from its second row on and may still grow, shrink or be
 * `withdrawn`; once no later reading can change it, it is given out as `final`, exactly once, at most
 * `delayRows` readings after its end. A span's id is its first row and its label: where the onset moves,
 * the span is withdrawn and another takes its place. Only changes are given out. Events overlap where
 * `overlap` lets them, each chain of exclusive labels being decoded by itself.
 * Memory is bounded by the longest event plus the lag; a reading costs the same however long an event is. A pure
 * function of the readings.
 *
 * Posterior / prior^a decoded by a sticky chain with hysteresis: docs/localization.md.
 */
export class EventLocalizer {
  /** Readings between a span's end and its final form. */
  readonly delayRows: number;
  readonly #classes: readonly string[];
  readonly #period: Micros;
  readonly #settings: LocalizeSettings;
  readonly #chains: readonly Chain[];
  /** Rows from number `#firstRow` on. */
  readonly #rows: SpanRow[] = [];
  #firstRow = 0;
  #provisional: EventSpan[] = [];

  /**
   * @throws {ConfigError} If `silence` is no class, prior and classes differ in length, a slot names no
   *   class, or a setting is out of range.
   */
  constructor(options: EventLocalizerOptions) {
    const { classes, prior, silence, period, slots = {}, ...settings } = options;
    const index = classes.indexOf(silence);
    if (index < 0 || prior.length !== classes.length)
      throw new ConfigError(
        "EventLocalizer",
        `expected ${classes.length} shares and silence among the classes, got ${prior.length} and ${silence}`,
      );
    this.#classes = classes;
    this.#period = period;
    this.#settings = localizeSettings(settings);
    this.delayRows = this.#settings.lagRows;
    const plans = chainPlans(this.#settings.overlap, { classes, prior, silence: index, slots });
    this.#chains = plans.map((plan) => ({
      plan,
      chain: new EventChain({ ...this.#settings, prior: plan.prior }),
    }));
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
    const ended = this.#chains.flatMap((each) => {
      const run = each.chain.push(statesOf(each.plan, logProbabilities));
      return run === undefined ? [] : this.#found(each, [run]);
    });
    return this.#report(ended);
  }

  /** Ends the stream: what is still provisional becomes final as it stands. */
  flush(): EventSpan[] {
    return this.#report(this.#chains.flatMap((each) => this.#found(each, each.chain.flush())));
  }

  /** All that it remembers; borrows the readings' numbers, which nobody changes. */
  snapshot(): LocalizerSnapshot {
    return {
      chains: this.#chains.map(({ chain }) => chain.snapshot()),
      rows: [...this.#rows],
      firstRow: this.#firstRow,
      provisional: this.#provisional,
    };
  }

  /** Goes on where another of the same options gave this snapshot. */
  restore({ chains, rows, firstRow, provisional }: LocalizerSnapshot): void {
    for (const [at, each] of this.#chains.entries()) {
      const own = chains[at];
      if (own !== undefined) each.chain.restore(own);
      delete each.gathered;
    }
    this.#rows.splice(0, Number.POSITIVE_INFINITY, ...rows);
    this.#firstRow = firstRow;
    this.#provisional = [...provisional];
  }

  #found(of: Chain, runs: readonly Run[]): Found[] {
    const { leastRows } = this.#settings;
    return runs
      .filter(({ state, from, to }) => state !== 0 && to - from >= leastRows)
      .map((run) => ({ ...run, of, index: of.plan.classes[run.state] ?? 0 }));
  }

  #report(ended: readonly Found[]): EventSpan[] {
    const before = this.#provisional;
    const finals = this.#describe(ended, "final");
    const open = this.#chains.flatMap((each) => this.#found(each, each.chain.runs()));
    const provisional = this.#describe(open, "provisional");
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

  #describe(runs: readonly Found[], state: EventSpan["state"]): EventSpan[] {
    return [...runs]
      .sort((a, b) => a.from - b.from || a.index - b.index)
      .map((run) => {
        const label = this.#classes[run.index] ?? "";
        const span = this.#gather(run).span({ label, state, period: this.#period });
        if (span === undefined)
          throw new ConfigError(
            "EventLocalizer",
            `expected rows ${run.from} to ${run.to}, got none`,
          );
        return span;
      });
  }

  /** What there is to say of a run; of its settled rows it is gathered once. */
  #gather({ of, from, to, index }: Found): SpanSums {
    const { backing } = this.#settings;
    const known = of.gathered;
    const isKnown = known?.from === from && known.index === index;
    const gathered = isKnown
      ? known
      : { from, index, to: from, sums: new SpanSums({ index, backing }) };
    const settled = Math.min(of.chain.settledRows, to);
    for (; gathered.to < settled; gathered.to++) this.#push(gathered.sums, gathered.to);
    if (gathered.to > from) of.gathered = gathered;
    if (gathered.to >= to) return gathered.sums;
    const sums = gathered.sums.copy();
    for (let at = gathered.to; at < to; at++) this.#push(sums, at);
    return sums;
  }

  #push(sums: SpanSums, at: number): void {
    const row = this.#rows[at - this.#firstRow];
    if (row !== undefined) sums.push(row);
  }

  /** Drops rows that no run can need any more. */
  #forget(): void {
    const from = Math.min(...this.#chains.map(({ chain }) => chain.needsFrom));
    if (from <= this.#firstRow) return;
    this.#rows.splice(0, from - this.#firstRow);
    this.#firstRow = from;
  }
}
