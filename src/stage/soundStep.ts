import { isUsable } from "../features/isUsable.ts";
import type { AdaptedPart } from "../models/unified/adapted.ts";
import type {
  Inference,
  InferenceState,
  InferenceStep,
  RowFeatures,
  RowInputs,
} from "../models/unified/inference.ts";

/** A step of a model, and the streams it was taken without. */
export interface SoundStep {
  readonly step: InferenceStep;
  /** Present, but with numbers that nothing can be computed with; in the model's order. */
  readonly unusable: readonly string[];
}

/**
 * Takes a row as if every stream whose numbers cannot be computed with were missing.
 *
 * Sensors say "no value" with all sorts of numbers. 3.4e38 is finite, but infinite after the first layer and
 * NaN after the next; the caches would carry that on, and the running means behind the model for ever. What is
 * too large for any model (`isUsable`) is left out at once, as in training; what is for this one shows in what it
 * gives. A step is a pure function, so it is taken again from the same state, once for each set of streams found
 * unsound.
 *
 * @throws {ShapeError} As `Inference.step`.
 */
export async function soundStep(
  inference: Pick<Inference, "config" | "step">,
  row: RowInputs,
  state: InferenceState,
  part?: AdaptedPart,
): Promise<SoundStep> {
  const names = inference.config.streams.map(({ name }) => name);
  const unusable = new Set(
    names.filter((name) => {
      const numbers = row[name];
      return numbers !== undefined && !isUsable(numbers);
    }),
  );
  for (;;) {
    const taken = Object.fromEntries(
      names.map((name) => [name, unusable.has(name) ? undefined : row[name]]),
    );
    const step = await inference.step(taken, state, part);
    const unsound = unsoundStreams(step.features, names);
    if (unsound.length === 0) return { step, unusable: names.filter((name) => unusable.has(name)) };
    for (const name of unsound) unusable.add(name);
  }
}

/** Present streams whose own vectors are not finite; all that are present where only the joint is not. */
function unsoundStreams(
  { present, z, s, jointZ, jointS }: RowFeatures,
  names: readonly string[],
): readonly string[] {
  const here = names.filter((_, at) => present[at] === 1);
  const isSound = (vectors: Float32Array, at: number): boolean => {
    const width = vectors.length / names.length;
    return vectors.subarray(at * width, (at + 1) * width).every(Number.isFinite);
  };
  const own = here.filter((name) => {
    const at = names.indexOf(name);
    return !(isSound(z, at) && isSound(s, at));
  });
  if (own.length > 0) return own;
  return jointZ.every(Number.isFinite) && jointS.every(Number.isFinite) ? [] : here;
}
