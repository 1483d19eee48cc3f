import type { Device } from "../../src/tensor/device/Device.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { arrayCases } from "../../test/tensor/support/arrayCases.ts";
import { compareWithTfjs } from "../../test/tensor/support/compareWithTfjs.ts";
import { elementwiseCases } from "../../test/tensor/support/elementwiseCases.ts";
import { fusedCases } from "../../test/tensor/support/fusedCases.ts";
import { productCases } from "../../test/tensor/support/productCases.ts";
import type { Bench } from "../Bench.ts";

const DRAWS = 6;

/**
 * Relative error of every kernel, value and gradient, against tfjs's CPU backend: the property tests
 * with more seeds.
 *
 * Arguments: `--seeds=N` (10), `--device=cpu|webgpu|cuda` (cpu).
 */
export const runTensorAccuracy: Bench = async ({ log, args }) => {
  const option = (name: string, fallback: string): string =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1] ?? fallback;
  const seeds = Number(option("seeds", "10"));
  const device = option("device", "cpu") as Device;
  const cases = [...elementwiseCases, ...arrayCases, ...productCases, ...fusedCases];
  let worst = { name: "", error: 0, seed: 0, where: "" };
  let compared = 0;
  for (const kernel of cases) {
    let largest = 0;
    for (let seed = 1; seed <= seeds; seed += 1) {
      const rng = Rng.fromSeed(seed).fork(kernel.name);
      const draws = Array.from({ length: DRAWS }, () => kernel.draw(rng));
      const { error, worst: where } = await compareWithTfjs(
        kernel.name,
        draws,
        rng.fork("weights"),
        {
          device,
          gradients: kernel.valueOnly !== true,
        },
      );
      compared += draws.length;
      largest = Math.max(largest, error);
      if (error > worst.error) worst = { name: kernel.name, error, seed, where };
    }
    log(`${largest.toExponential(1)} ${kernel.name}`);
  }
  log(`${device}: ${cases.length} cases, seeds 1 to ${seeds}, ${compared} random draws`);
  log(`worst: ${worst.name}, seed ${worst.seed}: ${worst.where}`);
  const lower = (name: string, value: number, unit: string) =>
    ({ name, value, unit, better: "lower", ratios: {} }) as const;
  return {
    bench: "tensor-accuracy",
    results: [
      lower("error/largest", worst.error, "relative"),
      { name: "draws", value: compared, unit: "draws", better: "higher", ratios: {} },
    ],
    skipped: [],
  };
};
