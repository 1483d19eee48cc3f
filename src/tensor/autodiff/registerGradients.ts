import { arrayRules } from "./arrayRules.ts";
import { elementwiseRules } from "./elementwiseRules.ts";
import type { GradientRule, Tfjs } from "./GradientRule.ts";
import { productRules } from "./productRules.ts";

/** Gradients that replace tfjs's own or fill its gaps; see each table for what was wrong. */
export const gradientRules: readonly GradientRule[] = [
  ...arrayRules,
  ...elementwiseRules,
  ...productRules,
];

/** Registers our gradients with tfjs, for every backend: eager runs differentiate the same way. */
export function registerGradients(tf: Tfjs): void {
  for (const { kernel, saves, savesAll = false, gradient } of gradientRules) {
    if (tf.getGradient(kernel) !== undefined) tf.unregisterGradient(kernel);
    tf.registerGradient({
      kernelName: kernel,
      inputsToSave: [...saves],
      saveAllInputs: savesAll,
      gradFunc: (dy, saved, attributes) => {
        const dys = Array.isArray(dy) ? dy : [dy];
        const [first] = dys;
        if (first === undefined)
          throw new RangeError(`${kernel} gradient: expected a dy, got none`);
        return gradient({ tf, dy: first, dys, saved, attributes });
      },
    });
  }
}
