import { ConfigError } from "../errors.ts";
import type { CompiledProgram } from "./compile.ts";

/** How many rows are asked for, and which bucket they run in. */
export interface Bucket<I, O> {
  /** Rows the program takes; the first `rows` are the caller's, the rest padding. */
  readonly batch: number;
  readonly program: CompiledProgram<I, O>;
}

/**
 * One program per batch size, opened when it is first needed: a new batch size costs a session at
 * most once per bucket instead of once per size.
 *
 * Key behaviours: a batch runs in the smallest bucket that holds it; concurrent first uses of one
 * bucket open it once; an open that fails is tried again at the next use.
 */
export class BatchBuckets<I, O> implements AsyncDisposable {
  readonly sizes: readonly number[];
  readonly #open: (batch: number) => Promise<CompiledProgram<I, O>>;
  readonly #programs = new Map<number, Promise<CompiledProgram<I, O>>>();

  /**
   * @param sizes Batch sizes to keep, for example [1, 8, 64].
   * @param open Compiles the program for one of them.
   * @throws {ConfigError} If there is no size, or one is not an integer ≥ 1.
   */
  constructor(sizes: readonly number[], open: (batch: number) => Promise<CompiledProgram<I, O>>) {
    if (sizes.length === 0 || sizes.some((size) => !Number.isInteger(size) || size < 1))
      throw new ConfigError("BatchBuckets", `sizes must be integers >= 1, got [${sizes}]`);
    this.sizes = [...new Set(sizes)].sort((a, b) => a - b);
    this.#open = open;
  }

  /**
   * The smallest bucket that holds `rows`.
   *
   * @throws {ConfigError} If `rows` < 1 or more than the largest bucket.
   */
  async bucketFor(rows: number): Promise<Bucket<I, O>> {
    const batch = this.sizes.find((size) => size >= rows);
    if (batch === undefined || !Number.isInteger(rows) || rows < 1)
      throw new ConfigError(
        "BatchBuckets",
        `rows must be in [1, ${this.sizes.at(-1)}], got ${rows}`,
      );
    let opening = this.#programs.get(batch);
    if (opening === undefined) {
      opening = this.#open(batch);
      this.#programs.set(batch, opening);
      opening.catch(() => this.#programs.delete(batch));
    }
    return { batch, program: await opening };
  }

  /** Closes every program that was opened. Idempotent. */
  async dispose(): Promise<void> {
    const opened = [...this.#programs.values()];
    this.#programs.clear();
    for (const result of await Promise.allSettled(opened))
      if (result.status === "fulfilled") await result.value.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** Copies rows into a batch of the bucket's size; the rows after them stay 0. */
export function padRows(data: Float32Array, rows: number, batch: number): Float32Array {
  if (rows === batch) return data;
  const padded = new Float32Array((data.length / rows) * batch);
  padded.set(data);
  return padded;
}
