import { isSpecNode, type Program } from "./defineProgram.ts";
import { encodeOnnx } from "./graph/encodeOnnx.ts";
import type { FeedsOf } from "./HostTensor.ts";
import { readHostTensors } from "./readFeeds.ts";
import type { SpecTree, TensorTree } from "./TensorSpec.ts";
import { traceProgram } from "./trace/traceProgram.ts";
import { flattenTree, PATH_SEPARATOR } from "./tree.ts";

/** What goes into an exported file. */
export interface ExportOptions<I extends SpecTree, C extends keyof I> {
  /** Top-level inputs to bake in, as in `compile`. */
  readonly constants?: Pick<FeedsOf<I>, C & keyof FeedsOf<I>>;
  /** Text stored in the model: version, data set, licence. */
  readonly metadata?: { readonly [key: string]: string };
}

/**
 * Writes a program as a plain `.onnx` file (operator set 21) that any ONNX runtime loads.
 *
 * Inputs and outputs keep the names of their trees, nested ones joined by "/"; an output that has
 * the name of an input, as training state does, ends in ":next". No operation of ONNX Runtime's own
 * is used, so the file runs a little slower than what `compile` opens.
 *
 * @returns The bytes of the file.
 * @throws {TraceError | UnsupportedKernelError} If the body cannot be traced.
 * @throws {ShapeError} If a constant has another shape or dtype than its input.
 */
export function exportOnnx<I extends SpecTree, O extends TensorTree, C extends keyof I = never>(
  program: Program<I, O>,
  { constants, metadata = {} }: ExportOptions<I, C> = {},
): Uint8Array {
  const names = new Set(Object.keys(constants ?? {}));
  const baked = flattenTree(program.inputs, isSpecNode, program.name)
    .filter(([path]) => names.has(path.split(PATH_SEPARATOR)[0] ?? ""))
    .map(([path, spec]) => ({ path, spec }));
  const values = readHostTensors(program.name, constants ?? {}, baked);
  return encodeOnnx(traceProgram(program, values, { allowsOrtOps: false }).graph, metadata);
}
