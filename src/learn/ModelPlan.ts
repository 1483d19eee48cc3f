import { ConfigError } from "../errors.ts";
import { checkConfig, type FrontConfig, type UnifiedConfig } from "../models/unified/config.ts";
import { UNIFIED_LOSS_DEFAULTS, type UnifiedLossOptions } from "../models/unified/loss.ts";
import type { Micros } from "../units.ts";
import type { RowAugmentation } from "./rows/augmentRows.ts";
import type { Scaling } from "./rows/Standards.ts";
import type { BatchOptions } from "./rows/stretches.ts";

/** What is declared of one stream's encoder and of how its features are met in training. */
export interface StreamModelPlan {
  /** How its features enter; as a plain vector unless given. */
  readonly front?: FrontConfig;
  /** Dilations of its causal blocks, in rows; those of the plan unless given. */
  readonly dilations?: readonly number[];
  /** What of it is brought to deviation 1 before it enters; `feature` unless given. */
  readonly scaling?: Scaling;
  /** How its features are moved in training. */
  readonly augment?: RowAugmentation;
  /** Chance that the joint is shown it in a stretch of training; 0.8 unless given. */
  readonly keep?: number;
  /** Weight of its own cross-entropy, the joint's being 1; 1 unless given. */
  readonly weight?: number;
}

/**
 * What a pipeline declares of its model: all that does not follow from its streams and classes.
 *
 * Everything may be left out; what then holds is a model of about a third of a million weights.
 */
export interface ModelPlan {
  /** Channels of every encoder. Default 64. */
  readonly width?: number;
  /** Codes shared by all streams, and numbers in one. Default 256 of 48. */
  readonly codes?: number;
  readonly codeDim?: number;
  /** Numbers of the specific branch. Default `width`. */
  readonly specific?: number;
  /** Numbers of a projection. Default 48. */
  readonly embedding?: number;
  /** Dilations of the streams' causal blocks. Default 1, 2, 4, 8: 31 rows of past. */
  readonly dilations?: readonly number[];
  /** Dilations of the joint's. Default 1, 2, 4. */
  readonly jointDilations?: readonly number[];
  /** How far back the answers lie, in µs; whole rows. Default 0. */
  readonly lookAhead?: Micros;
  readonly fusion?: Partial<UnifiedConfig["fusion"]>;
  readonly parts?: NonNullable<UnifiedConfig["parts"]>;
  readonly streams?: Readonly<Record<string, StreamModelPlan>>;
  readonly loss?: Partial<Omit<UnifiedLossOptions, "streamWeights">>;
  readonly training?: TrainingPlan;
}

/** How the model is trained. */
export interface TrainingPlan {
  /** Passes over the recordings. Default 40. */
  readonly epochs?: number;
  /** Highest learning rate. Default 4e-3. */
  readonly peakRate?: number;
  readonly weightDecay?: number;
  /** Rows of a stretch, stretches of a batch. Default 100 and 32. */
  readonly rows?: number;
  readonly stretches?: number;
  /** Rows at the start of a stretch that are not learnt, where it begins within an event. Default 12. */
  readonly warmUp?: number;
  /** Share of channels dropped. Default 0.1. */
  readonly dropout?: number;
  /** Stretches run up to this share faster or slower. Default 0. */
  readonly warp?: number;
  /**
   * Chance that a stream gives nothing at the start of a stretch, and how many outages it has later, on average,
   * each of half the stretch at most. In recordings every sensor may always be there; live one is attached last,
   * and what a model makes of rows without it must have been learnt. Default 0.1.
   */
  readonly outages?: number;
  /** Whether every epoch meets the events in another order; see `shuffleEvents`. Default false. */
  readonly shuffled?: boolean;
}

/** What is known of a pipeline and its recordings without its plan. */
export interface PlannedFor {
  /** Numbers per row of each stream, in pipeline order. */
  readonly sizes: Readonly<Record<string, number>>;
  /** The first is silence. */
  readonly classes: readonly string[];
  /** [classes] how often each holds; see `priorOf`. */
  readonly prior: readonly number[];
  readonly rowMicros: number;
}

/**
 * The model's configuration that follows from a plan.
 *
 * @throws {ConfigError} If the plan names a stream that there is not, or its numbers do not go together.
 */
export function configOf(
  plan: ModelPlan,
  { sizes, classes, prior, rowMicros }: PlannedFor,
): UnifiedConfig {
  for (const name of Object.keys(plan.streams ?? {}))
    if (!(name in sizes))
      throw new ConfigError("model", `expected streams of ${Object.keys(sizes)}, got ${name}`);
  const { width = 64, dilations = [1, 2, 4, 8], lookAhead = 0 } = plan;
  const lookAheadRows = lookAhead / rowMicros;
  if (!Number.isSafeInteger(lookAheadRows))
    throw new ConfigError(
      "model",
      `lookAhead must be whole rows of ${rowMicros} us, got ${lookAhead}`,
    );
  return checkConfig({
    streams: Object.entries(sizes).map(([name, size]) => ({
      name,
      size,
      front: plan.streams?.[name]?.front ?? { kind: "vector" },
      dilations: plan.streams?.[name]?.dilations ?? dilations,
    })),
    classes,
    prior,
    width,
    codeDim: plan.codeDim ?? 48,
    codes: plan.codes ?? 256,
    specific: plan.specific ?? width,
    embedding: plan.embedding ?? 48,
    jointDilations: plan.jointDilations ?? [1, 2, 4],
    lookAheadRows,
    rowMicros,
    // Half a second, as far as there are rows in it.
    fusion: {
      sharpness: 8,
      smoothingRows: Math.max(1, 500_000 / rowMicros),
      ...plan.fusion,
    },
    ...(plan.parts !== undefined && { parts: plan.parts }),
  });
}

/** The loss that follows from a plan. */
export function lossOf({ loss, streams = {} }: ModelPlan): UnifiedLossOptions {
  const streamWeights = Object.fromEntries(
    Object.entries(streams).flatMap(([name, { weight }]) =>
      weight === undefined ? [] : [[name, weight] as const],
    ),
  );
  return { ...UNIFIED_LOSS_DEFAULTS, ...loss, streamWeights };
}

/** What of each stream of a plan is brought to deviation 1. */
export function scalingOf({ streams = {} }: ModelPlan): Record<string, Scaling> {
  return Object.fromEntries(
    Object.entries(streams).flatMap(([name, { scaling }]) =>
      scaling === undefined ? [] : [[name, scaling] as const],
    ),
  );
}

/** How the batches of a plan are made. */
export function batchOf(
  { training = {}, streams = {} }: ModelPlan,
  names: readonly string[],
): BatchOptions {
  const {
    rows = 100,
    stretches = 32,
    warmUp = 12,
    dropout = 0.1,
    warp = 0,
    outages = 0.1,
  } = training;
  return {
    rows,
    stretches,
    warmUp,
    dropout,
    warp,
    outages,
    keep: Object.fromEntries(names.map((name) => [name, streams[name]?.keep ?? 0.8])),
    augment: Object.fromEntries(
      Object.entries(streams).flatMap(([name, { augment }]) =>
        augment === undefined ? [] : [[name, augment] as const],
      ),
    ),
  };
}

/**
 * How often each class holds, from the labels of rows.
 *
 * @returns [classes] shares that sum to 1; every class has at least a thousandth of an even share.
 */
export function priorOf(labels: readonly Int32Array[], classes: number): number[] {
  const counts = new Float64Array(classes);
  let rows = 0;
  for (const line of labels)
    for (const label of line) {
      counts[label] = (counts[label] ?? 0) + 1;
      rows++;
    }
  const least = 1e-3 / classes;
  const shares = Array.from(counts, (count) => Math.max(count / Math.max(rows, 1), least));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}
