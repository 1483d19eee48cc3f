import type { UnifiedConfig } from "../../models/unified/config.ts";
import type { RowFeatures } from "../../models/unified/inference.ts";
import type { Micros } from "../../units.ts";

/**
 * One row as a learner keeps it: what the head read of each stream present and of the joint of each subset
 * of them. The encoders never change, so it means the same under every version.
 */
export interface LearnerRow {
  /** The instant that the answer is about. */
  readonly labelTime: Micros;
  /** Bit m is 1 where stream m was present and counts. */
  readonly mask: number;
  /**
   * [slots · (D + specific)] z and s, one after the other: of the streams of `mask` in order, then of the
   * joints of its subsets of two streams or more, ascending in binary. See `slotsOf`.
   */
  readonly vectors: Float32Array;
  /** [S] smoothed entropy of each stream's answer when the row came: the weights of the fusion. */
  readonly entropy: Float32Array;
}

/** Where in a row's `vectors` each stream and each joint lies. */
export interface RowSlots {
  /** By stream, −1 where it is not present. */
  readonly streams: readonly number[];
  /** By subset in binary; subsets of one stream have none, since a stream alone answers by its own head. */
  readonly joints: ReadonlyMap<number, number>;
  readonly count: number;
}

/** The slots of a row with these streams. */
export function slotsOf(mask: number, streams: number): RowSlots {
  const known = SLOTS.get(mask * 64 + streams);
  if (known !== undefined) return known;
  let count = 0;
  const places = Array.from({ length: streams }, (_, at) => ((mask >> at) & 1 ? count++ : -1));
  const joints = new Map<number, number>();
  for (let subset = 1; subset <= mask; subset++)
    if ((subset & mask) === subset && (subset & (subset - 1)) !== 0) joints.set(subset, count++);
  const slots = { streams: places, joints, count };
  SLOTS.set(mask * 64 + streams, slots);
  return slots;
}

const SLOTS = new Map<number, RowSlots>();

/**
 * Keeps of a row's features what a learner needs; copies them.
 *
 * @param ignored Positions of streams that must not count: those that contain the answer, those that are doubted.
 * @param entropy See `LearnerRow.entropy`; owned by the row from now on.
 */
export function learnerRow(
  config: UnifiedConfig,
  features: RowFeatures,
  labelTime: Micros,
  ignored: ReadonlySet<number>,
  entropy: Float32Array,
): LearnerRow {
  const { streams, codeDim: D, specific: F } = config;
  const mask = streams.reduce(
    (bits, _, at) => (features.present[at] === 1 && !ignored.has(at) ? bits | (1 << at) : bits),
    0,
  );
  const slots = slotsOf(mask, streams.length);
  const vectors = new Float32Array(slots.count * (D + F));
  const put = (slot: number, z: Float32Array, s: Float32Array, row: number): void => {
    vectors.set(z.subarray(row * D, (row + 1) * D), slot * (D + F));
    vectors.set(s.subarray(row * F, (row + 1) * F), slot * (D + F) + D);
  };
  for (const [at, slot] of slots.streams.entries())
    if (slot >= 0) put(slot, features.z, features.s, at);
  for (const [subset, slot] of slots.joints)
    put(slot, features.jointZ, features.jointS, subset - 1);
  return { labelTime, mask, vectors, entropy };
}

/**
 * Positions of the streams that do not count in a row: those that never do, and those that are doubted, unless
 * then nothing would be left. The answer that people see leaves out the same.
 *
 * @param ignored Positions of streams that never count.
 * @param doubted Names of streams that are not believed.
 */
export function leftOut(
  { streams }: UnifiedConfig,
  { present }: RowFeatures,
  ignored: ReadonlySet<number>,
  doubted: readonly string[],
): ReadonlySet<number> {
  if (doubted.length === 0) return ignored;
  const isLeft = streams.some(
    ({ name }, at) => present[at] === 1 && !ignored.has(at) && !doubted.includes(name),
  );
  if (!isLeft) return ignored;
  const outs = streams.flatMap(({ name }, at) => (doubted.includes(name) ? [at] : []));
  return new Set([...ignored, ...outs]);
}

/** Every non-empty subset of a mask, ascending in binary; the last is all of it. */
export function subsetsOf(mask: number): readonly number[] {
  const subsets: number[] = [];
  for (let subset = 1; subset <= mask; subset++)
    if ((subset & mask) === subset) subsets.push(subset);
  return subsets;
}

/** Names of the streams of a subset, joined by "+". */
export function subsetName(config: UnifiedConfig, subset: number): string {
  return config.streams
    .filter((_, at) => (subset >> at) & 1)
    .map(({ name }) => name)
    .join("+");
}
