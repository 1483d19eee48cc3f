import { gradientRules } from "../../src/tensor/autodiff/registerGradients.ts";
import { kernelTable } from "../../src/tensor/kernels/kernelTable.ts";
import { tf } from "../../src/tensor/tf.ts";
import { allKernelNames } from "../../src/tensor/trace/registerTraceKernels.ts";
import type { Bench } from "../Bench.ts";

/** Counts the mapped kernels, and how many of tfjs's differentiable ones are among them. */
export const runTensorCoverage: Bench = async ({ log }) => {
  const all = allKernelNames().filter((kernel) => !kernel.startsWith("Sensorium"));
  const mapped = all.filter((kernel) => kernelTable[kernel] !== undefined);
  const differentiable = all.filter((kernel) => tf.getGradient(kernel) !== undefined);
  const covered = differentiable.filter((kernel) => kernelTable[kernel] !== undefined);
  const missing = all.filter((kernel) => kernelTable[kernel] === undefined);
  log(`mapped (${mapped.length}): ${mapped.join(" ")}`);
  log(`not mapped (${missing.length}): ${missing.join(" ")}`);
  log(
    `differentiable but not mapped: ${differentiable.filter((kernel) => !covered.includes(kernel)).join(" ")}`,
  );
  log(
    `gradients of our own (${gradientRules.length}): ${gradientRules.map(({ kernel }) => kernel).join(" ")}`,
  );
  const count = (name: string, value: number, unit: string) =>
    ({ name, value, unit, better: "higher", ratios: {} }) as const;
  return {
    bench: "tensor-coverage",
    results: [
      count("kernels/mapped", mapped.length, "kernels"),
      count("kernels/share", mapped.length / all.length, "share"),
      count("gradients/covered", covered.length, "kernels"),
      count("gradients/share", covered.length / differentiable.length, "share"),
    ],
    skipped: [],
  };
};
