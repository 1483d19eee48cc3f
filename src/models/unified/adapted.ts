import { ShapeError } from "../../errors.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import type { UnifiedConfig } from "./config.ts";
import type { UnifiedWeights } from "./weights.ts";

/**
 * The part of a model that may change while it serves: the head and the codebook.
 *
 * The encoders stay as they were trained, so what a row is encoded to means the same under every version.
 * Never changed in place.
 */
export interface AdaptedPart {
  /** [D + specific, classes] row-major. */
  readonly headWeight: Float32Array;
  /** [classes] */
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
    headWeight: params.head.weight.data,
    headBias: params.head.bias.data,
    codes: codes.data,
    generations: new Int32Array(config.codes),
  };
}

/** Shapes of a part, by the names of its fields. */
export function adaptedShapes(
  config: UnifiedConfig,
): Readonly<Record<keyof AdaptedPart, readonly number[]>> {
  return {
    headWeight: [config.codeDim + config.specific, config.classes.length],
    headBias: [config.classes.length],
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

/** A model of the same encoders whose head and codes are those of the part. */
export function withAdapted(weights: UnifiedWeights, part: AdaptedPart): UnifiedWeights {
  const { config, params } = weights;
  const shapes = adaptedShapes(config);
  const host = (name: "headWeight" | "headBias" | "codes"): HostTensor<"float32"> =>
    hostTensor(part[name], shapes[name]);
  return {
    ...weights,
    params: { ...params, head: { weight: host("headWeight"), bias: host("headBias") } },
    codes: host("codes"),
  };
}
