import { performance } from "node:perf_hooks";

import { DeviceError } from "../../errors.ts";
import { createData } from "../HostTensor.ts";
import type { OrtExecutable } from "./OrtExecutable.ts";

const candidates = ["cuda", "webgpu", "cpu"] as const;
const WARM_RUNS = 1;
const TIMED_RUNS = 3;

/**
 * Opens a program on every device that will have it, runs it there on zeros, and keeps the fastest.
 *
 * Measured, not assumed: a small program is faster on the CPU than on the best GPU, and a software
 * Vulkan driver looks like a GPU.
 *
 * @param onNotice Told in one line what was chosen and why the others were not.
 * @throws {DeviceError} If not even the CPU opens the program.
 */
export async function openFastest(
  where: string,
  open: (device: (typeof candidates)[number]) => Promise<OrtExecutable>,
  onNotice: (line: string) => void = () => undefined,
): Promise<OrtExecutable> {
  let best: { readonly executable: OrtExecutable; readonly ms: number } | undefined;
  const remarks: string[] = [];
  for (const device of candidates) {
    try {
      const executable = await open(device);
      const ms = await fastestRun(executable);
      remarks.push(`${device} ${ms.toFixed(2)} ms`);
      if (best === undefined || ms < best.ms) {
        await best?.executable.dispose();
        best = { executable, ms };
      } else {
        await executable.dispose();
      }
    } catch (cause) {
      if (!(cause instanceof DeviceError)) throw cause;
      remarks.push(`${device} not available`);
    }
  }
  if (best === undefined)
    throw new DeviceError(where, `expected a device to open, got: ${remarks.join(", ")}`);
  onNotice(`${where}: runs on ${best.executable.device} (${remarks.join(", ")})`);
  return best.executable;
}

async function fastestRun(executable: OrtExecutable): Promise<number> {
  const zeros = executable.inputs.map(({ spec }) => createData(spec.dtype, spec.shape));
  let fastest = Infinity;
  for (let run = 0; run < WARM_RUNS + TIMED_RUNS; run += 1) {
    const started = performance.now();
    await executable.warm(zeros);
    if (run >= WARM_RUNS) fastest = Math.min(fastest, performance.now() - started);
  }
  return fastest;
}
