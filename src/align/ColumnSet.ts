import type { Chunk } from "../frames/Chunk.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { sameShape } from "../frames/sameShape.ts";
import type { Column } from "./Column.ts";
import { type ColumnCounters, sumOf } from "./ColumnCounters.ts";
import type { Grid } from "./Grid.ts";

/**
 * The columns of all configurations in force or to come.
 *
 * A stream has one column, or several for a while, when configurations give it another dtype or shape.
 */
export class ColumnSet {
  readonly #byName = new Map<string, Column[]>();
  /**
   * Columns found lately, each in the place of its name: far quicker than the map, which compares and
   * hashes strings.
   */
  readonly #recent: (Column | undefined)[] = new Array<Column | undefined>(PLACES).fill(undefined);
  /** Of columns that no configuration names any more. */
  readonly #retired = new Map<string, ColumnCounters>();

  /** The columns of a stream; none if no configuration names it. */
  of(stream: string): readonly Column[] {
    return this.#byName.get(stream) ?? NONE;
  }

  /** Every column. */
  all(): Column[] {
    return [...this.#byName.values()].flat();
  }

  /** The column that a chunk of the stream was found to belong to lately; often undefined. */
  recent(stream: string): Column | undefined {
    const column = this.#recent[placeOf(stream)];
    return column !== undefined && column.name === stream ? column : undefined;
  }

  /** The column that a chunk belongs to; undefined if there is none. */
  find(chunk: Chunk): Column | undefined {
    const { stream } = chunk;
    const recent = this.recent(stream);
    if (recent !== undefined && fits(chunk, recent)) return recent;
    for (const column of this.of(stream)) {
      if (!fits(chunk, column)) continue;
      column.name = stream;
      this.#recent[placeOf(stream)] = column;
      return column;
    }
    return undefined;
  }

  /** Why a chunk belongs to no column. */
  reasonAgainst({ stream, site }: Chunk): "unknown-stream" | "invalid" {
    return this.of(stream).some((column) => column.site === site) ? "invalid" : "unknown-stream";
  }

  /** The column that answers for a stream as described, if there is one. */
  match(description: StreamDescription): Column | undefined {
    return this.of(description.stream).find(
      (column) =>
        column.description.site === description.site &&
        column.description.dtype === description.dtype &&
        sameShape(column.description.shape, description.shape),
    );
  }

  /** Takes a column in. */
  add(column: Column): void {
    const { stream } = column.description;
    const named = this.of(stream);
    if (!named.includes(column)) this.#byName.set(stream, [...named, column]);
  }

  /** Lets go of all columns that none of these grids has. */
  retain(grids: readonly (Grid | undefined)[]): void {
    this.#recent.fill(undefined);
    const kept = new Set(grids.flatMap((grid) => grid?.columns ?? []));
    for (const [name, columns] of this.#byName) {
      const rest = columns.filter((column) => kept.has(column));
      for (const column of columns) if (!kept.has(column)) this.#retire(name, column);
      if (rest.length > 0) this.#byName.set(name, rest);
      else this.#byName.delete(name);
    }
  }

  /** By stream, of all columns there are and were. */
  counters(): Record<string, ColumnCounters> {
    const streams = this.retired();
    for (const [name, columns] of this.#byName)
      streams[name] = sumOf([...columns.map((column) => column.counters()), streams[name]]);
    return streams;
  }

  /** By stream, of columns that no configuration names any more. */
  retired(): Record<string, ColumnCounters> {
    return Object.fromEntries(this.#retired);
  }

  /** Takes over the counters of columns that are gone. */
  adoptRetired(counters: Readonly<Record<string, ColumnCounters>>): void {
    for (const [name, of] of Object.entries(counters)) this.#retired.set(name, of);
  }

  #retire(name: string, column: Column): void {
    column.dropUntil(Number.POSITIVE_INFINITY, "aged");
    column.isRetired = true;
    this.#retired.set(name, sumOf([column.counters(), this.#retired.get(name)]));
  }
}

const NONE: readonly Column[] = [];
const PLACES = 32;

/** Names differ in their last letter, or in length, more often than not. */
function placeOf(name: string): number {
  const { length } = name;
  return (name.charCodeAt(length - 1) + (length << 2)) & (PLACES - 1);
}

/** Whether a chunk is well formed and is what a stream was described to send. */
function fits(chunk: Chunk, column: Column): boolean {
  const { originTimes, arrivalTime, epoch, firstSequence } = chunk;
  const frames = originTimes.length;
  if (chunk.site !== column.site || chunk.dtype !== column.dtype || frames === 0) return false;
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(firstSequence)) return false;
  if (epoch < 0 || firstSequence < 0 || !Number.isFinite(arrivalTime)) return false;
  for (let i = 0; i < frames; i++) if (!Number.isSafeInteger(originTimes[i])) return false;
  const { frameBytes } = column;
  if (frameBytes === undefined) return hasItsLengths(chunk);
  return chunk.payload.length === frameBytes * frames && sameShape(chunk.shape, column.shape);
}

/** Whether the frames' lengths, if they are told, are those of the payload. */
function hasItsLengths({ originTimes, lengths, payload }: Chunk): boolean {
  if (lengths === undefined) return payload.byteLength % originTimes.length === 0;
  if (lengths.length !== originTimes.length) return false;
  let sum = 0;
  for (const length of lengths) {
    if (!Number.isSafeInteger(length) || length < 0) return false;
    sum += length;
  }
  return sum === payload.byteLength;
}
