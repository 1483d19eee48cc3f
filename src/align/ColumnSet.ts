import type { Chunk } from "../frames/Chunk.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
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

  /** The column that a chunk belongs to, or why there is none. */
  find(chunk: Chunk): Column | "unknown-stream" | "invalid" {
    let isKnown = false;
    for (const column of this.of(chunk.stream)) {
      if (column.description.site !== chunk.site) continue;
      if (fits(chunk, column)) return column;
      isKnown = true;
    }
    return isKnown ? "invalid" : "unknown-stream";
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
    while (column.ring.size > 0) column.drop("aged");
    column.isRetired = true;
    this.#retired.set(name, sumOf([column.counters(), this.#retired.get(name)]));
  }
}

const NONE: readonly Column[] = [];

/** Whether a chunk is well formed and is what a stream was described to send. */
function fits(chunk: Chunk, { description, frameBytes }: Column): boolean {
  const { dtype, shape, originTimes, lengths, payload, epoch, firstSequence } = chunk;
  if (dtype !== description.dtype || originTimes.length === 0) return false;
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(firstSequence)) return false;
  if (firstSequence < 0 || !Number.isFinite(chunk.arrivalTime)) return false;
  for (let i = 0; i < originTimes.length; i++)
    if (!Number.isSafeInteger(originTimes[i])) return false;
  if (frameBytes !== undefined)
    return (
      payload.byteLength === frameBytes * originTimes.length && sameShape(shape, description.shape)
    );
  if (lengths === undefined) return payload.byteLength % originTimes.length === 0;
  if (lengths.length !== originTimes.length) return false;
  let sum = 0;
  for (const length of lengths) {
    if (!Number.isSafeInteger(length) || length < 0) return false;
    sum += length;
  }
  return sum === payload.byteLength;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
