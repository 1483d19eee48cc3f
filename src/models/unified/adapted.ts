import { ShapeError } from "../../errors.ts";
import type { UnifiedConfig } from "./config.ts";
import { type Exemplars, exemplarShapes, noExemplars } from "./exemplars.ts";
import type { UnifiedWeights } from "./weights.ts";

/**
 * The part of a model that may change while it serves: heads, exemplars and codebook.
 *
 * One head is trained for every stream and the joint; here each has its own, all the same at first, so that a
 * sensor that has become worse can be believed less without the others' answers changing. The encoders stay as
 * they were trained, so what a row is encoded to means the same under every version. Never changed in place.
 */
export interface AdaptedPart extends Exemplars {
  /** [S + 1, D + specific, classes] row-major: of each stream in order, then of the joint. */
  readonly headWeight: Float32Array;
  /** [S + 1, classes] */
  readonly headBias: Float32Array;
  /** [K, D] */
  readonly codes: Float32Array;
  /** [K] how often each code has been put elsewhere since training: index and generation name a meaning. */
  readonly generations: Int32Array;
}

/** The part as it was trained. */
export function trainedPart({
  config,
  params,
  codes,
}: Pick<UnifiedWeights, "config" | "params" | "codes">): AdaptedPart {
  return {
    ...sameHeads(params.head.weight.data, params.head.bias.data, config),
    ...noExemplars(config),
    codes: codes.data,
    generations: new Int32Array(config.codes),
  };
}

/** The heads of a part in which every stream and the joint have one and the same. */
export function sameHeads(
  weight: Float32Array,
  bias: Float32Array,
  { streams }: Pick<UnifiedConfig, "streams">,
): Pick<AdaptedPart, "headWeight" | "headBias"> {
  const heads = streams.length + 1;
  return { headWeight: repeated(weight, heads), headBias: repeated(bias, heads) };
}

/** Shapes of a part, by the names of its fields. */
export function adaptedShapes(
  config: UnifiedConfig,
): Readonly<Record<keyof AdaptedPart, readonly number[]>> {
  const heads = config.streams.length + 1;
  return {
    headWeight: [heads, config.codeDim + config.specific, config.classes.length],
    headBias: [heads, config.classes.length],
    ...exemplarShapes(config),
    codes: [config.codes, config.codeDim],
    generations: [config.codes],
  };
}

/**
 * Checks that a part fits a model.
 *
 * @throws {ShapeError} If one of its arrays has another length than the configuration calls for.
 */
export function checkAdapted(part: AdaptedPart, config: UnifiedConfig): AdaptedPart {
  for (const [name, shape] of Object.entries(adaptedShapes(config))) {
    const size = shape.reduce((product, side) => product * side, 1);
    const { length } = part[name as keyof AdaptedPart];
    if (length !== size)
      throw new ShapeError("AdaptedPart", `${name}: expected [${shape}], got ${length} numbers`);
  }
  return part;
}

function repeated(values: Float32Array, times: number): Float32Array {
  const all = new Float32Array(values.length * times);
  for (let at = 0; at < times; at++) all.set(values, at * values.length);
  return all;
}
