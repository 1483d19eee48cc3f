import { ConfigError } from "../../errors.ts";
import type { UnifiedConfig } from "../../models/unified/config.ts";
import type { HostBatch, HostMasks } from "../UnifiedTrainer.ts";
import { augmentRows, normal, type RowAugmentation } from "./augmentRows.ts";
import { drawAbsence } from "./outages.ts";
import type { RowFeatures, RowLine } from "./RowLine.ts";
import type { Standards } from "./Standards.ts";

/** A source of numbers in [0, 1). */
export type Random = () => number;

/** Where a stretch of rows begins. */
export interface Stretch {
  readonly line: RowLine;
  readonly from: number;
}

/** How batches are made of lines. */
export interface BatchOptions {
  /** T, rows of a stretch. */
  readonly rows: number;
  /** B, stretches of a batch. */
  readonly stretches: number;
  /**
   * Rows at the start of a stretch that are not learnt: their past was cut off. A stretch that begins in silence is
   * learnt from its first row on: so does a model that has just been started.
   */
  readonly warmUp: number;
  /** Chance that the joint of a stretch is shown each stream; at least one always is. 1 unless given. */
  readonly keep: Readonly<Record<string, number>>;
  /** Share of channels that are dropped, each for a whole stretch. */
  readonly dropout: number;
  /** Stretches run up to this share faster or slower than they were sensed. 0 unless given. */
  readonly warp?: number;
  /**
   * Chance that a stream gives nothing at the start of a stretch, and how many outages it has later, on average.
   * 0 unless given.
   */
  readonly outages?: number;
  /** How the features of each stream are moved. */
  readonly augment?: Readonly<Record<string, RowAugmentation>>;
  /** What the features of each stream are brought to mean 0 and deviation 1 by. */
  readonly standards?: Readonly<Record<string, Standards>>;
}

/** Normal numbers drawn for a batch: one for every number of it took as long as half of the step. */
const NOISES = 1 << 13;

/** Cuts lines into stretches from a random row on and shuffles them; leftovers are not used. */
export function cutStretches(
  lines: readonly RowLine[],
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
 * @throws {ConfigError} If a line lacks a stream of the model or has it in another size, or a row does not hold
 *   as many instants as its augmentation says.
 */
export function fillBatch(
  stretches: readonly Stretch[],
  config: UnifiedConfig,
  random: Random,
  options: BatchOptions,
): HostBatch {
  const { rows: T, warmUp, warp = 0, outages = 0 } = options;
  const B = stretches.length;
  const kept = stretches.map(() => drawKept(config, options.keep, random));
  const paces = stretches.map(() => (warp === 0 ? 1 : 1 + warp * (2 * random() - 1)));
  const labels = new Int32Array(B * T);
  const weights = new Float32Array(B * T).fill(1);
  for (const [at, { line, from }] of stretches.entries()) {
    // What a row is about lies as far before it at any pace.
    const pace = paces[at] ?? 1;
    const first = from + config.lookAheadRows * (1 - pace);
    for (let row = 0; row < T; row++)
      labels[at * T + row] = line.labels[nearest(first, row, pace, line.rows)] ?? 0;
    const isStart = labels
      .subarray(at * T, at * T + Math.min(config.lookAheadRows + 1, T))
      .every((label) => label === 0);
    if (!isStart) weights.fill(0, at * T, at * T + warmUp);
  }
  const noises = Float32Array.from({ length: NOISES }, () => normal(random));
  const sensed: number[] = [];
  const streams = Object.fromEntries(
    config.streams.map(({ name, size }, position) => {
      const x = new Float32Array(B * T * size);
      const present = new Float32Array(B * T);
      const joint = new Float32Array(B * T);
      for (const [at, { line, from }] of stretches.entries()) {
        const source = line.streams[name];
        if (source?.size !== size)
          throw new ConfigError(
            "fillBatch",
            `expected ${size} features of ${name}, got ${source?.size}`,
          );
        const target = x.subarray(at * T * size, (at + 1) * T * size);
        const there = present.subarray(at * T, (at + 1) * T);
        const augmentation = options.augment?.[name];
        const { perRow = 1 } = augmentation ?? {};
        if (!Number.isSafeInteger(size / perRow))
          throw new ConfigError(
            "fillBatch",
            `expected whole numbers of an instant, got ${size} features of ${name} for ${perRow}`,
          );
        const pace = paces[at] ?? 1;
        copyRows(source, { from, pace, perRow }, target, there);
        for (const away of drawAbsence(T, outages, random)) there.fill(0, away.from, away.to);
        if (augmentation?.changes !== undefined)
          quicken(target, size / perRow, augmentation.changes, pace);
        if (augmentation !== undefined) augmentRows(target, size, augmentation, random);
        standardise(target, size, options.standards?.[name], augmentation ?? {}, noises, random);
        if (kept[at]?.has(name)) joint.set(there, at * T);
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

function nearest(from: number, row: number, pace: number, rows: number): number {
  return Math.min(Math.max(Math.round(from + row * pace), 0), rows - 1);
}

/** What is copied of a line, and how fast it runs. */
interface Run {
  readonly from: number;
  readonly pace: number;
  /** Instants in a row. */
  readonly perRow: number;
}

/** Copies rows at a pace, between two sensed instants on a straight line. */
function copyRows(
  { x, present, size }: RowFeatures,
  { from, pace, perRow }: Run,
  target: Float32Array,
  there: Float32Array,
): void {
  const rows = present.length;
  if (pace === 1) {
    target.set(x.subarray(from * size, from * size + target.length));
    there.set(present.subarray(from, from + there.length));
    return;
  }
  for (let row = 0; row < there.length; row++)
    there[row] = present[nearest(from, row, pace, rows)] ?? 0;
  const width = size / perRow;
  const isSensed = (instant: number): boolean => present[Math.floor(instant / perRow)] === 1;
  for (let instant = 0; instant < there.length * perRow; instant++) {
    const place = Math.min(from * perRow + instant * pace, rows * perRow - 1);
    const before = Math.floor(place);
    const after = Math.min(before + 1, rows * perRow - 1);
    const isBetween = isSensed(before) && isSensed(after);
    const share = isBetween ? place - before : 0;
    const near = isBetween || isSensed(before) ? before : after;
    for (let i = 0; i < width; i++)
      target[instant * width + i] =
        (1 - share) * (x[near * width + i] ?? 0) + share * (x[after * width + i] ?? 0);
  }
}

/** @param width Numbers of an instant. */
function quicken(
  x: Float32Array,
  width: number,
  [from, to]: readonly [number, number],
  pace: number,
): void {
  if (pace === 1) return;
  for (let instant = 0; instant < x.length; instant += width)
    for (let i = instant + from; i < instant + to; i++) x[i] = (x[i] ?? 0) * pace;
}

/** @param noises Normal numbers: every row reads its noise from a place of its own in them. */
function standardise(
  x: Float32Array,
  size: number,
  standards: Standards | undefined,
  { noise = 0, offset = 0 }: Pick<RowAugmentation, "noise" | "offset">,
  noises: Float32Array,
  random: Random,
): void {
  if (standards === undefined && noise === 0 && offset === 0) return;
  const { mean, deviation } = standards ?? {};
  const off = Float32Array.from({ length: size }, () =>
    offset === 0 ? 0 : offset * normal(random),
  );
  for (let row = 0; row < x.length; row += size) {
    const place = noise === 0 ? 0 : Math.floor(random() * NOISES);
    for (let i = 0; i < size; i++) {
      const value = ((x[row + i] ?? 0) - (mean?.[i] ?? 0)) / (deviation?.[i] ?? 1);
      const moved = noise === 0 ? 0 : noise * (noises[(place + i) % NOISES] ?? 0);
      x[row + i] = value + (off[i] ?? 0) + moved;
    }
  }
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
