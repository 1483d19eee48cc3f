import type { DType } from "../frames/DType.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { Reading } from "../frames/Reading.ts";
import type { Micros } from "../units.ts";
import {
  Alignment,
  type AlignmentSnapshot,
  type CodeAgreement,
  type StreamAlignment,
} from "./Alignment.ts";
import { answerWithout } from "./answerWithout.ts";
import type { Doubt } from "./Doubt.ts";
import { LabelledWorth, type LabelledWorthSnapshot, type WeighedRow } from "./LabelledWorth.ts";
import { StreamWatch, type StreamWatchSnapshot, type WatchedRow } from "./StreamWatch.ts";
import { type DrillSnapshot, type LossForecast, SubsetDrill } from "./SubsetDrill.ts";
import type { SubsetReport } from "./SubsetGauge.ts";

/** How far an answer may be trusted, and what it rests on. */
export interface RobustnessReport {
  /** The last row it is about. */
  readonly time: Micros;
  readonly subsets: readonly SubsetReport[];
  readonly alignment: readonly StreamAlignment[];
  readonly codes: readonly CodeAgreement[];
  readonly doubts: readonly Doubt[];
}

/** What comes of one row. */
export interface Judged {
  /** The answer that counts: without those that contain it, and without the doubted. */
  readonly answer: Reading;
  readonly forecast: readonly LossForecast[];
  readonly doubts: readonly Doubt[];
}

export interface RobustnessOptions {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** The class that is no event. */
  readonly silence: string;
  /** [classes] natural log; the answer when nothing is there. */
  readonly prior: Float32Array;
  /** Streams that count, in pipeline order. */
  readonly streams: readonly string[];
  /** Streams that contain the answer and are left out. */
  readonly ignored: readonly string[];
  /** Streams to be watched for being broken, with their element types. */
  readonly watched: Readonly<Record<string, DType>>;
  /** How many rows a minute has. */
  readonly rows: number;
}

/** What a monitor remembers. */
export interface RobustnessSnapshot {
  readonly watch: StreamWatchSnapshot;
  readonly worth: LabelledWorthSnapshot;
  /** Who is doubted by labels, and since when. */
  readonly byLabels: readonly Doubt[];
  readonly drill: DrillSnapshot;
  readonly alignment: AlignmentSnapshot;
  readonly time: Micros;
}

/**
 * All that is said about what a lost or broken sensor costs.
 *
 * A pure function of the rows and labels it is given, in their order: it is part of the replay.
 */
export class RobustnessMonitor {
  readonly #options: RobustnessOptions;
  readonly #watch: StreamWatch;
  readonly #worth: LabelledWorth;
  readonly #drill: SubsetDrill;
  readonly #alignment: Alignment;
  #doubts: readonly Doubt[] = [];
  #byLabels: readonly Doubt[] = [];
  #time = 0 as Micros;

  /** @throws {ConfigError} If `rows` is not an integer ≥ 1. */
  constructor(options: RobustnessOptions) {
    this.#options = options;
    const silence = options.classes.indexOf(options.silence);
    this.#watch = new StreamWatch(options.watched, silence);
    this.#worth = new LabelledWorth(options.rows);
    this.#drill = new SubsetDrill({ rows: options.rows, silence });
    this.#alignment = new Alignment(options.streams, { rows: options.rows, silence });
  }

  /**
   * Takes the next row. A doubted stream is left out of the answer as if it were not there, which costs
   * nothing: the model has answered for every subset. Where all are doubted, all are kept.
   */
  push(row: WatchedRow): Judged {
    const { ignored, prior, streams } = this.#options;
    const { reading } = row;
    this.#time = reading.time;
    this.#doubts = this.#doubtsAt(row);
    const doubted = this.#doubts.map(({ stream }) => stream);
    const left = streams.some((stream) => stream in reading.streams && !doubted.includes(stream));
    const answer = answerWithout(reading, left ? [...ignored, ...doubted] : ignored, prior);
    this.#alignment.push(reading);
    return { answer, forecast: this.#drill.push(answer), doubts: this.#doubts };
  }

  /**
   * Somebody says what is true; a label that is no class says nothing here. A recording's own truth is for the
   * gauges: nobody has it who runs live, so nobody is doubted by it.
   */
  label({ label, from, to, by }: Pick<Label, "label" | "from" | "to" | "by">): void {
    const index = this.#options.classes.indexOf(label);
    if (index < 0) return;
    this.#drill.label(index, from, to);
    if (by !== "truth") this.#worth.label(index, from, to);
  }

  /** As of the last row. */
  get report(): RobustnessReport {
    return {
      time: this.#time,
      subsets: this.#drill.report,
      alignment: this.#alignment.streams,
      codes: this.#alignment.codes,
      doubts: this.#doubts,
    };
  }

  /** All that it remembers. */
  snapshot(): RobustnessSnapshot {
    return {
      watch: this.#watch.snapshot(),
      worth: this.#worth.snapshot(),
      byLabels: this.#byLabels,
      drill: this.#drill.snapshot(),
      alignment: this.#alignment.snapshot(),
      time: this.#time,
    };
  }

  /** Goes on where another of the same options gave this snapshot. */
  restore({ watch, worth, byLabels, drill, alignment, time }: RobustnessSnapshot): void {
    this.#watch.restore(watch);
    this.#worth.restore(worth);
    this.#byLabels = byLabels;
    this.#drill.restore(drill);
    this.#alignment.restore(alignment);
    this.#doubts = [...watch.doubts, ...byLabels.filter(isNotIn(watch.doubts))];
    this.#time = time;
  }

  /** By what the streams are, and by what labels said until before this row. */
  #doubtsAt(row: WatchedRow): readonly Doubt[] {
    const { reading } = row;
    const before = new Map(this.#byLabels.map((doubt) => [doubt.stream, doubt]));
    this.#byLabels = this.#worth.doubted
      .filter((stream) => stream in reading.streams)
      .map((stream) => before.get(stream) ?? { stream, reason: "labels", since: reading.time });
    const { ignored, prior } = this.#options;
    this.#worth.push(weighed(answerWithout(reading, ignored, prior)));
    const watched = this.#watch.push(row);
    return [...watched, ...this.#byLabels.filter(isNotIn(watched))];
  }
}

const isNotIn =
  (others: readonly Doubt[]) =>
  ({ stream }: Doubt): boolean =>
    !others.some((other) => other.stream === stream);

function weighed({ labelTime, logProbabilities, streams, subsets }: Reading): WeighedRow {
  const present = Object.keys(streams);
  return {
    labelTime,
    full: logProbabilities,
    without: Object.fromEntries(
      subsets.flatMap((subset) => {
        const [lost, ...more] = present.filter((stream) => !subset.streams.includes(stream));
        return lost === undefined || more.length > 0 ? [] : [[lost, subset.logProbabilities]];
      }),
    ),
  };
}
