import { performance } from "node:perf_hooks";

import { ConfigError } from "../../errors.ts";
import { isSpecNode, type Program } from "../defineProgram.ts";
import { readHostTensors } from "../readFeeds.ts";
import { type SpecTree, sizeOfShape, type TensorTree } from "../TensorSpec.ts";
import { type TracedProgram, traceProgram } from "../trace/traceProgram.ts";
import { flattenTree, PATH_SEPARATOR } from "../tree.ts";
import type { DeviceChoice } from "./Device.ts";
import { EagerExecutable } from "./EagerExecutable.ts";
import type { Executable } from "./Executable.ts";
import { OrtExecutable } from "./OrtExecutable.ts";
import { openFastest } from "./openFastest.ts";

/** Options of `openExecutable`; the typed front of it is `compile`. */
export interface OpenExecutableOptions {
  readonly device?: DeviceChoice;
  readonly threads?: number;
  readonly constants?: { readonly [name: string]: unknown };
  /** Outputs whose path starts so stay on the device where it can hold them: training state. */
  readonly statePrefix?: string;
  /** Told in one line why "auto" chose what it chose, or what it fell back from. */
  readonly onNotice?: (line: string) => void;
}

/** Traces a program, bakes its constants and opens it on a device. */
export async function openExecutable<I extends SpecTree, O extends TensorTree>(
  program: Program<I, O>,
  options: OpenExecutableOptions,
): Promise<Executable> {
  const { device = "cpu", threads = 1, constants = {} } = options;
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

  const started = performance.now();
  const traced = traceProgram(program, values);
  const traceMs = performance.now() - started;
  const open = (provider: "cpu" | "webgpu" | "cuda"): Promise<OrtExecutable> =>
    OrtExecutable.open(traced, traceMs, {
      provider,
      threads,
      residentOutputs: provider === "webgpu" ? residentNames(traced, options.statePrefix) : [],
    });
  return device === "auto" ? openFastest(name, open, options.onNotice) : open(device);
}

// The WebGPU binding holds float32 and int32 buffers; CUDA's outputs always come back.
function residentNames({ graph, outputs }: TracedProgram, prefix: string | undefined): string[] {
  if (prefix === undefined) return [];
  return graph.outputs.flatMap(({ name, shape, type }, i) =>
    outputs[i]?.path.startsWith(prefix) && type !== "bool" && sizeOfShape(shape) > 0 ? [name] : [],
  );
}
