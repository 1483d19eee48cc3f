import type { DType } from "../frames/DType.ts";
import type { Cell } from "../frames/Frameset.ts";
import type { Reading } from "../frames/Reading.ts";
import { type Micros, seconds } from "../units.ts";
import { Disagreement, type DisagreementSnapshot } from "./Disagreement.ts";
import type { Doubt, DoubtReason } from "./Doubt.ts";
import { Repeats, type RepeatsSnapshot } from "./Repeats.ts";
import { Strangeness, type StrangenessSnapshot } from "./Strangeness.ts";
import { Unrest, type UnrestSnapshot } from "./Unrest.ts";

/** One instant, as the watch needs it. */
export interface WatchedRow {
  readonly time: Micros;
  readonly cells: Readonly<Record<string, Cell>>;
  /** What the model saw of them. */
  readonly inputs: Readonly<Record<string, Float32Array | undefined>>;
  /** What it said. */
  readonly reading: Reading;
}

/** What a watch remembers. */
export interface StreamWatchSnapshot {
  readonly streams: Readonly<
    Record<
      string,
      {
        readonly repeats: RepeatsSnapshot;
        readonly unrest: UnrestSnapshot;
        readonly strangeness: StrangenessSnapshot;
        readonly noisyRows: number;
        readonly strangeRows: number;
      }
    >
  >;
  readonly disagreement: DisagreementSnapshot;
  readonly doubts: readonly Doubt[];
}

interface Watched {
  readonly repeats: Repeats;
  readonly unrest: Unrest;
  readonly strangeness: Strangeness;
  noisyRows: number;
  strangeRows: number;
}

/** How long a line must be flat, or a picture frozen, to be doubted. */
const STILL = seconds(2);
/** Rows of noise until it is called that: 3 s at 25 a second. */
const NOISY_ROWS = 75;
/** Rows for which one of two must contradict the other and be unlike itself, without a break: 3 s. */
const STRANGE_ROWS = 75;
/** Correlation below this share of the usual is noise; above the other it is over. */
const NOISE = 0.35;
const CALM = 0.6;
/** Streams whose features are hardly correlated at the best of times have no noise to tell. */
const LEAST_CORRELATION = 0.2;

/**
 * Finds sensors that are broken but present, each by what it senses and by what the model makes of it.
 *
 * A dead line and a frozen picture are doubted by themselves. Noise is doubted where it is as strong as the
 * signal was or makes the stream contradict the others: a quiet room is noise too. A stream that
 * contradicts all others is doubted where the others agree among themselves, or where it alone has for a
 * while been unlike what it was: of two streams nothing else says which of them is wrong. What the model
 * could not compute with (`Reading.unusable`) is doubted at once. Whoever stops being so is believed again.
 *
 * Deterministic: what it says follows from the rows alone. Of streams without a rate only unusable numbers
 * are told.
 */
export class StreamWatch {
  readonly #watched = new Map<string, Watched>();
  readonly #disagreement: Disagreement;
  #doubts: readonly Doubt[] = [];

  /**
   * @param streams The streams to watch, with their element types.
   * @param silence Index of the class that is no event.
   */
  constructor(streams: Readonly<Record<string, DType>>, silence: number) {
    for (const [stream, dtype] of Object.entries(streams))
      this.#watched.set(stream, {
        repeats: new Repeats(dtype),
        unrest: new Unrest(),
        strangeness: new Strangeness(),
        noisyRows: 0,
        strangeRows: 0,
      });
    this.#disagreement = new Disagreement(silence);
  }

  /** Takes the next row. @returns Who is doubted at it, of those that are present. */
  push(row: WatchedRow): readonly Doubt[] {
    const { time, cells, inputs, reading } = row;
    const { unusable = [] } = reading;
    const before = new Map(this.#doubts.map((doubt) => [doubt.stream, doubt]));
    const present = [...this.#watched.keys()].filter((stream) => stream in reading.streams);
    for (const [stream, { repeats, unrest, strangeness }] of this.#watched) {
      const cell = cells[stream];
      if (cell !== undefined) repeats.push(cell);
      // Running means would never get over a number that is not finite.
      unrest.push(unusable.includes(stream) ? undefined : inputs[stream], !before.has(stream));
      strangeness.push(reading.streams[stream]?.distance, !before.has(stream));
    }
    this.#disagreement.push(reading, present);
    const found = present.flatMap((stream) => {
      const reason = this.#reason(stream, present, time, before.get(stream)?.reason);
      return reason === undefined ? [] : [{ stream, reason }];
    });
    for (const stream of unusable) found.push({ stream, reason: "unusable" });
    this.#doubts = found.map(({ stream, reason }) => {
      const old = before.get(stream);
      return { stream, reason, since: old?.reason === reason ? old.since : time };
    });
    return this.#doubts;
  }

  /** All that it remembers. */
  snapshot(): StreamWatchSnapshot {
    return {
      streams: Object.fromEntries(
        [...this.#watched].map(
          ([stream, { repeats, unrest, strangeness, noisyRows, strangeRows }]) => [
            stream,
            {
              repeats: repeats.snapshot(),
              unrest: unrest.snapshot(),
              strangeness: strangeness.snapshot(),
              noisyRows,
              strangeRows,
            },
          ],
        ),
      ),
      disagreement: this.#disagreement.snapshot(),
      doubts: this.#doubts,
    };
  }

  /** Goes on where another of the same streams gave this snapshot. */
  restore({ streams, disagreement, doubts }: StreamWatchSnapshot): void {
    for (const [stream, watched] of this.#watched) {
      const own = streams[stream];
      if (own === undefined) continue;
      watched.repeats.restore(own.repeats);
      watched.unrest.restore(own.unrest);
      watched.strangeness.restore(own.strangeness);
      watched.noisyRows = own.noisyRows;
      watched.strangeRows = own.strangeRows;
    }
    this.#disagreement.restore(disagreement);
    this.#doubts = doubts;
  }

  #reason(
    stream: string,
    present: readonly string[],
    time: Micros,
    before: DoubtReason | undefined,
  ): DoubtReason | undefined {
    const watched = this.#watched.get(stream);
    if (watched === undefined) return undefined;
    const { flatSince = time, frozenSince = time } = watched.repeats.signs;
    if (time - flatSince >= STILL) return "flat";
    if (time - frozenSince >= STILL) return "frozen";
    const others = present.filter((other) => other !== stream);
    const contradicts = this.#disagreement.contradictsAll(stream, others);
    const alone =
      contradicts &&
      watched.strangeness.isStrange &&
      !others.some((other) => this.#watched.get(other)?.strangeness.isStrange);
    watched.strangeRows = alone ? Math.min(watched.strangeRows + 1, STRANGE_ROWS) : 0;
    if (isNoise(watched, contradicts, before)) return "noise";
    if (!contradicts) return undefined;
    return this.#disagreement.agree(others) || watched.strangeRows >= STRANGE_ROWS
      ? "contradicts"
      : undefined;
  }
}

/** Counts noisy rows on the way. */
function isNoise(watched: Watched, contradicts: boolean, before: DoubtReason | undefined): boolean {
  const { correlation, variance, usual } = watched.unrest.signs;
  if (usual === undefined || usual.correlation < LEAST_CORRELATION) return false;
  const limit = (before === "noise" ? CALM : NOISE) * usual.correlation;
  const noisy = correlation < limit && (contradicts || variance >= usual.variance / 2);
  watched.noisyRows = noisy ? Math.min(watched.noisyRows + 1, NOISY_ROWS) : 0;
  return watched.noisyRows >= NOISY_ROWS;
}
