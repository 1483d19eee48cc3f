import type { HostBatch, HostMasks, UnifiedConfig } from "../../../src/training.ts";
import type { Random } from "./Line.ts";
import type { PreparedLine } from "./prepareLine.ts";

/** Where a stretch of rows begins. */
export interface Stretch {
  readonly line: PreparedLine;
  readonly from: number;
}

/** How batches are made of lines. */
export interface BatchOptions {
  /** T, rows of a stretch. */
  readonly rows: number;
  /** B, stretches of a batch. */
  readonly stretches: number;
  /** Rows at the start of a stretch that are not learnt: their past was cut off. */
  readonly warmUp: number;
  /** Chance that the joint of a stretch is shown each stream; at least one always is. */
  readonly keep: Readonly<Record<string, number>>;
  /** Share of channels that are dropped, each for a whole stretch. */
  readonly dropout: number;
}

/** Cuts lines into stretches from a random row on and shuffles them; leftovers are not used. */
export function cutStretches(
  lines: readonly PreparedLine[],
  random: Random,
  { rows }: Pick<BatchOptions, "rows">,
): Stretch[] {
  const stretches: Stretch[] = [];
  for (const line of lines)
    for (let from = Math.floor(random() * rows); from + rows <= line.rows; from += rows)
      stretches.push({ line, from });
  for (let i = stretches.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [stretches[i], stretches[j]];
    if (a === undefined || b === undefined) continue;
    stretches[i] = b;
    stretches[j] = a;
  }
  return stretches;
}

/**
 * Fills one batch.
 *
 * @param stretches As many as the batch has.
 */
export function fillBatch(
  stretches: readonly Stretch[],
  config: UnifiedConfig,
  random: Random,
  options: BatchOptions,
): HostBatch {
  const { rows: T, warmUp } = options;
  const B = stretches.length;
  const kept = stretches.map(() => drawKept(config, options.keep, random));
  const labels = new Int32Array(B * T);
  const weights = new Float32Array(B * T).fill(1);
  for (const [at, { line, from }] of stretches.entries()) {
    labels.set(line.labels.subarray(from, from + T), at * T);
    weights.fill(0, at * T, at * T + warmUp);
  }
  const sensed: number[] = [];
  const streams = Object.fromEntries(
    config.streams.map(({ name, size }, position) => {
      const x = new Float32Array(B * T * size);
      const present = new Float32Array(B * T);
      const joint = new Float32Array(B * T);
      for (const [at, { line, from }] of stretches.entries()) {
        const source = line.streams[name as keyof typeof line.streams];
        x.set(source.x.subarray(from * size, (from + T) * size), at * T * size);
        present.set(source.present.subarray(from, from + T), at * T);
        if (kept[at]?.has(name)) joint.set(source.present.subarray(from, from + T), at * T);
      }
      for (let row = 0; row < B * T; row++)
        if (present[row] === 1 && weights[row] === 1) sensed.push(position * B * T + row);
      return [name, { x, present, joint }];
    }),
  );
  const reseed = Int32Array.from(
    { length: config.codes },
    () => sensed[Math.floor(random() * sensed.length)] ?? 0,
  );
  return { streams, labels, weights, reseed };
}

/**
 * Draws the dropout factors of a step: 0 or 1 / (1 − p), one per stretch and channel.
 *
 * A whole channel for a whole stretch: neighbouring rows say nearly the same, so dropping single
 * numbers would hide nothing.
 */
export function drawMasks(
  config: UnifiedConfig,
  { stretches, dropout }: Pick<BatchOptions, "stretches" | "dropout">,
  random: Random,
): HostMasks {
  const stack = (blocks: number): Record<string, Float32Array> =>
    Object.fromEntries(
      [...Array.from({ length: blocks }, (_, position) => String(position)), "out"].map(
        (position) => [
          position,
          Float32Array.from({ length: stretches * config.width }, () =>
            random() < dropout ? 0 : 1 / (1 - dropout),
          ),
        ],
      ),
    );
  return {
    streams: Object.fromEntries(
      config.streams.map(({ name, dilations }) => [name, stack(dilations.length)]),
    ),
    joint: stack(config.jointDilations.length),
  };
}

function drawKept(
  config: UnifiedConfig,
  keep: Readonly<Record<string, number>>,
  random: Random,
): Set<string> {
  for (;;) {
    const kept = config.streams.filter(({ name }) => random() < (keep[name] ?? 1));
    if (kept.length > 0) return new Set(kept.map(({ name }) => name));
  }
}
