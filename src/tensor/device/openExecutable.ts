import { performance } from "node:perf_hooks";

import { ConfigError } from "../../errors.ts";
import { isSpecNode, type Program } from "../defineProgram.ts";
import { readHostTensors } from "../readFeeds.ts";
import type { SpecTree, TensorTree } from "../TensorSpec.ts";
import { traceProgram } from "../trace/traceProgram.ts";
import { flattenTree, PATH_SEPARATOR } from "../tree.ts";
import type { DeviceChoice } from "./Device.ts";
import { EagerExecutable } from "./EagerExecutable.ts";
import type { Executable } from "./Executable.ts";
import { OrtExecutable } from "./OrtExecutable.ts";

/** Options of `openExecutable`; the typed front of it is `compile`. */
export interface OpenExecutableOptions {
  readonly device?: DeviceChoice;
  readonly threads?: number;
  readonly constants?: { readonly [name: string]: unknown };
  /** Keep outputs on the device: for training state. */
  readonly keepOutputs?: boolean;
}

/** Traces a program, bakes its constants and opens it on a device. */
export async function openExecutable<I extends SpecTree, O extends TensorTree>(
  program: Program<I, O>,
  { device = "cpu", threads = 1, constants = {}, keepOutputs = false }: OpenExecutableOptions,
): Promise<Executable> {
  const { name } = program;
  if (!Number.isInteger(threads) || threads < 1)
    throw new ConfigError(name, `threads must be an integer >= 1, got ${threads}`);
  for (const constant of Object.keys(constants))
    if (program.inputs[constant] === undefined)
      throw new ConfigError(
        name,
        `constants must name inputs (${Object.keys(program.inputs)}), got ${constant}`,
      );

  const baked = flattenTree(program.inputs, isSpecNode, name)
    .filter(([path]) => constants[path.split(PATH_SEPARATOR)[0] ?? ""] !== undefined)
    .map(([path, spec]) => ({ path, spec }));
  const values = readHostTensors(name, constants, baked);
  if (device === "tfjs") return EagerExecutable.open(program, values);
  const provider = device === "auto" ? "cpu" : device;
  const started = performance.now();
  const traced = traceProgram(program, values);
  const traceMs = performance.now() - started;
  const outputLocation = keepOutputs && provider !== "cpu" ? "gpu-buffer" : undefined;
  return OrtExecutable.open(traced, traceMs, {
    provider,
    threads,
    ...(outputLocation === undefined ? {} : { outputLocation }),
  });
}
