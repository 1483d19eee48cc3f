import type * as tfjs from "@tensorflow/tfjs";

/**
 * Gradients that tfjs 4.22 lacks or gets wrong, registered with tfjs for every backend.
 *
 * - `BatchMatMul`: tfjs forgets to sum over batch axes that were broadcast.
 * - `Tile`: tfjs slices and adds once per repetition, a graph as long as the number of repetitions.
 */
export function registerGradients(tf: typeof tfjs): void {
  for (const [kernelName, inputsToSave, createGradient] of gradients) {
    const gradFunc = createGradient(tf);
    tf.unregisterGradient(kernelName);
    tf.registerGradient({ kernelName, inputsToSave: [...inputsToSave], gradFunc });
  }
}

type GradFunc = tfjs.GradConfig["gradFunc"];

const gradients: readonly (readonly [string, readonly string[], (tf: typeof tfjs) => GradFunc])[] =
  [
    ["BatchMatMul", ["a", "b"], matMulGradient],
    ["Tile", ["x"], tileGradient],
  ];

function matMulGradient(tf: typeof tfjs): GradFunc {
  return (dy, saved, attrs) => {
    const [a, b] = saved;
    if (a === undefined || b === undefined || Array.isArray(dy))
      throw new RangeError("BatchMatMul gradient: expected two saved operands and one dy");
    const isA = attrs["transposeA"] === true;
    const isB = attrs["transposeB"] === true;
    return {
      a: () =>
        sumToShape(tf, isA ? tf.matMul(b, dy, isB, true) : tf.matMul(dy, b, false, !isB), a.shape),
      b: () =>
        sumToShape(tf, isB ? tf.matMul(dy, a, true, isA) : tf.matMul(a, dy, !isA, false), b.shape),
    };
  };
}

function tileGradient(tf: typeof tfjs): GradFunc {
  return (dy, saved, attrs) => {
    const [x] = saved;
    const reps = attrs["reps"];
    if (x === undefined || !Array.isArray(reps) || Array.isArray(dy))
      throw new RangeError("Tile gradient: expected x, reps and one dy");
    const split = x.shape.flatMap((size, axis) => [Number(reps[axis] ?? 1), size]);
    const repeated = x.shape.map((_, axis) => 2 * axis);
    return { x: () => tf.sum(tf.reshape(dy, split), repeated) };
  };
}

/** Sums over the axes along which `shape` was broadcast to the gradient's shape. */
function sumToShape(tf: typeof tfjs, gradient: tfjs.Tensor, shape: readonly number[]): tfjs.Tensor {
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < extra || (shape[axis - extra] === 1 && gradient.shape[axis] !== 1));
  const summed = axes.length === 0 ? gradient : tf.sum(gradient, axes, true);
  return tf.reshape(summed, [...shape]);
}
