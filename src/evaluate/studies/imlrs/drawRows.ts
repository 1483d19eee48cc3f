import { ConfigError } from "../../../errors.ts";
import type { Rng } from "../../../tensor/Rng.ts";

/** How rows of a batch are drawn. */
export interface DrawRowsOptions {
  /** B */
  readonly batch: number;
  /** Draws so many classes equally often; undefined: every row equally often. */
  readonly classes: number | undefined;
}

/**
 * Rows of one batch after the other.
 *
 * Without `classes` in epochs: every row once before any comes again. With `classes` by class, each in
 * epochs of its own; classes without rows are left out.
 *
 * @param labels [N]; rows below 0 are never drawn.
 * @throws {ConfigError} If no row has a label.
 */
export function drawRows(
  rng: Rng,
  labels: Int32Array,
  { batch, classes }: DrawRowsOptions,
): () => readonly number[] {
  const rows = Array.from(labels.keys()).filter((row) => (labels[row] ?? -1) >= 0);
  if (rows.length === 0) throw new ConfigError("drawRows", "expected rows with a label, got none");
  const pools =
    classes === undefined
      ? [endless(rng, rows)]
      : Array.from({ length: classes }, (_, label) => rows.filter((row) => labels[row] === label))
          .filter((members) => members.length > 0)
          .map((members) => endless(rng, members));
  let turn = 0;
  return () =>
    Array.from({ length: batch }, () => {
      const pool = pools[turn % pools.length];
      turn += 1;
      return pool?.() ?? 0;
    });
}

/** Members in random order, shuffled anew whenever all were given. */
function endless(rng: Rng, members: readonly number[]): () => number {
  const order = [...members];
  let at = order.length;
  return () => {
    if (at === order.length) {
      rng.shuffle(order);
      at = 0;
    }
    const row = order[at] ?? 0;
    at += 1;
    return row;
  };
}
