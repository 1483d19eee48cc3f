import {
  ConfigError,
  counted,
  type Micros,
  micros,
  replayPasses,
  type SensedFrame,
  type SensorContext,
  SensorError,
} from "../../src/sensing.ts";
import type { LineSource } from "./lineSource.ts";
import { linesOf } from "./linesOf.ts";
import { packNumbers } from "./packNumbers.ts";
import type { RowStamps } from "./rowStamps.ts";

/** One row of numbers as a line says it. */
export interface Row {
  readonly numbers: readonly number[];
  /** What the field with the time holds; undefined where rows do not say. */
  readonly time: unknown;
}

/** What a line is: a row, nothing of interest, or something that should be a row and is none. */
export type ParsedLine = Row | "none" | "wrong";

/** How lines become frames. */
export interface RowPlan {
  /** The sensor, for messages. */
  readonly where: string;
  readonly source: LineSource;
  readonly stamps: RowStamps;
  /** A fresh parser, which may remember what came before: the head of a table. */
  readonly parser: () => (line: string) => ParsedLine;
}

/** So many bad lines are told word for word; further ones are only counted. */
const TOLD_LINES = 5;

/** Whether a source's rows are all there already and are given at their own times. */
export function rowPace({ source }: RowPlan): "live" | "replay" {
  return source.isComplete ? "replay" : "live";
}

/**
 * The rows of a source as frames. A line that is no row is left out and told on stderr.
 *
 * A file is replayed: its rows keep their distances, `zero` or the first row falls on the start; rows
 * without times are evenly spaced at the stream's rate. Anything else is live: its rows carry their own
 * time since the epoch, or the moment they come.
 *
 * @throws {ConfigError} If the stream is not of numbers, or rows without times are to fill a stream
 *   without a rate.
 * @throws {SensorError} If the source cannot be read, has no row that fits, or ends and should not.
 */
export async function* rowFrames(
  plan: RowPlan,
  context: SensorContext,
): AsyncGenerator<SensedFrame> {
  const { where, source, stamps, parser } = plan;
  const { description, clock, signal } = context;
  const pack = packNumbers(description);
  const period = stamps.field === undefined && source.isComplete ? evenly(context) : undefined;
  const bad = new BadLines(where);

  const read = async function* (): AsyncGenerator<{
    time: Micros | undefined;
    payload: Uint8Array;
  }> {
    const parse = parser();
    for await (const line of linesOf(where, await source.open(signal), signal)) {
      const row = parse(line);
      if (row === "none") continue;
      const payload = row === "wrong" ? undefined : pack(row.numbers);
      const time = row === "wrong" ? undefined : stamps.read(row.time);
      if (payload === undefined || (stamps.field !== undefined && time === undefined))
        bad.tell(line);
      else yield { time, payload };
    }
  };

  if (!source.isComplete) {
    let shift: number | undefined;
    for await (const { time, payload } of read()) {
      const now = clock.now();
      // Times of the source's own begin when its first row comes.
      shift ??= time === undefined || stamps.isEpoch ? 0 : now - time;
      yield { originTime: time === undefined ? now : micros(time + shift), payload };
    }
    if (source.isEndless)
      throw new SensorError(where, `expected ${source.name} to go on, it ended`);
    return;
  }
  for (const { start, from, to } of replayPasses(context)) {
    let zero = stamps.zero;
    let rows = 0;
    for await (const { time, payload } of read()) {
      if (period === undefined) zero ??= time;
      const offset = period === undefined ? (time ?? 0) - (zero ?? 0) : Math.round(rows * period);
      rows++;
      if (offset >= from && offset < to) yield { originTime: micros(start + offset), payload };
    }
    if (rows === 0)
      throw new SensorError(
        where,
        `expected rows of ${description.shape.join(" x ") || 1} numbers in ${source.name}, got none`,
      );
  }
}

/** Time between two rows of a stream with a rate. */
function evenly({ description: { rate, stream } }: SensorContext): number {
  if (rate !== "irregular") return 1e6 / rate;
  throw new ConfigError(`stream ${stream}`, "expected option time, or a regular rate, got neither");
}

/** Tells the first bad lines, and then at each power of ten how many there were. */
class BadLines {
  readonly #where: string;
  #count = 0;

  constructor(where: string) {
    this.#where = where;
  }

  tell(line: string): void {
    this.#count++;
    if (this.#count <= TOLD_LINES)
      process.stderr.write(`${this.#where}: expected a row, got ${line.slice(0, 80)}\n`);
    else if (Number.isInteger(Math.log10(this.#count)))
      process.stderr.write(
        `${this.#where}: ${counted(this.#count, "line was no row", "lines were no rows")}\n`,
      );
  }
}
