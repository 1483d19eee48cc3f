import { type GradientRule, savedAt, sumToShape } from "./GradientRule.ts";

/** Elementwise gradients that tfjs 4.22 does not reduce over broadcast axes. */
export const elementwiseRules: readonly GradientRule[] = [
  {
    kernel: "Maximum",
    saves: ["a", "b"],
    gradient: ({ tf, dy, saved }) => {
      const [a, b] = [savedAt(saved, 0), savedAt(saved, 1)];
      return {
        a: () => sumToShape(tf, tf.mul(dy, tf.cast(tf.greaterEqual(a, b), "float32")), a.shape),
        b: () => sumToShape(tf, tf.mul(dy, tf.cast(tf.less(a, b), "float32")), b.shape),
      };
    },
  },
  {
    kernel: "Minimum",
    saves: ["a", "b"],
    gradient: ({ tf, dy, saved }) => {
      const [a, b] = [savedAt(saved, 0), savedAt(saved, 1)];
      return {
        a: () => sumToShape(tf, tf.mul(dy, tf.cast(tf.lessEqual(a, b), "float32")), a.shape),
        b: () => sumToShape(tf, tf.mul(dy, tf.cast(tf.greater(a, b), "float32")), b.shape),
      };
    },
  },
  {
    kernel: "SquaredDifference",
    saves: ["a", "b"],
    gradient: ({ tf, dy, saved }) => {
      const [a, b] = [savedAt(saved, 0), savedAt(saved, 1)];
      const half = () => tf.mul(dy, tf.mul(tf.sub(a, b), 2));
      return {
        a: () => sumToShape(tf, half(), a.shape),
        b: () => sumToShape(tf, tf.neg(half()), b.shape),
      };
    },
  },
];
