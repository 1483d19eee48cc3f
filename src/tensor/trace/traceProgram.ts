import { ConfigError, ShapeError, TraceError } from "../../errors.ts";
import type { Program } from "../defineProgram.ts";
import { isSpecNode } from "../defineProgram.ts";
import { fuseProducts } from "../graph/fuseProducts.ts";
import type { GraphValue } from "../graph/GraphValue.ts";
import { type Graph, pruneGraph } from "../graph/pruneGraph.ts";
import type { HostTensor } from "../HostTensor.ts";
import type { DType, SpecTree, TensorSpec, TensorsOf, TensorTree } from "../TensorSpec.ts";
import { type Tensor, tf } from "../tf.ts";
import { flattenTree, unflattenTree } from "../tree.ts";
import { traceBackend } from "./registerTraceKernels.ts";
import { TRACE_BACKEND } from "./TraceBackend.ts";

/** One named value of a traced program, with its path in the input or output tree. */
export interface Port {
  readonly path: string;
  readonly spec: TensorSpec;
}

/** A program as a graph, with the names, shapes and dtypes at its border. */
export interface TracedProgram {
  readonly graph: Graph;
  /** All inputs that are not constants, in declaration order, also those the graph does not read. */
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** tfjs kernels that the body asked for, gradients included. */
  readonly kernels: ReadonlySet<string>;
}

/**
 * Runs a program's body once on the recording backend.
 *
 * @param constants Values for some inputs, by path; they become constants of the graph.
 * @throws {TraceError} If the body reads a value that depends on an input, or awaits.
 * @throws {UnsupportedKernelError} If the body uses a kernel without a mapping.
 * @throws {ShapeError} If a constant has another shape or dtype than its input.
 */
export function traceProgram<I extends SpecTree, O extends TensorTree>(
  program: Program<I, O>,
  constants: ReadonlyMap<string, HostTensor> = new Map(),
  options: { readonly allowsOrtOps?: boolean } = {},
): TracedProgram {
  const backend = traceBackend();
  const previous = tf.getBackend();
  const graph = backend.begin(program.name, options);
  // setBackend works synchronously for a backend that needs no initialisation; its promise says no more.
  void tf.setBackend(TRACE_BACKEND);
  const engine = tf.engine();
  engine.startScope(program.name);
  try {
    const ports: Port[] = [];
    const tensors: [string, Tensor][] = [];
    for (const [path, spec] of flattenTree(program.inputs, isSpecNode, program.name)) {
      const baked = constants.get(path);
      if (baked !== undefined) checkConstant(program.name, path, spec, baked);
      else ports.push({ path, spec });
      const value =
        baked === undefined
          ? graph.input(path, spec.dtype, spec.shape)
          : graph.constant(baked.data, spec.shape);
      tensors.push([path, engine.makeTensorFromTensorInfo(backend.tensorInfo(value))]);
    }
    const result = program.body(unflattenTree(tensors) as TensorsOf<I>);
    if (result instanceof Promise)
      throw new TraceError(program.name, "body must return tensors at once, got a promise");

    const values: GraphValue[] = [];
    const outputPorts: Port[] = [];
    for (const [path, tensor] of flattenTree(result, isTensor, program.name)) {
      values.push(backend.graphValueOf(tensor));
      outputPorts.push({
        path,
        spec: { shape: tensor.shape, dtype: dtypeOf(program.name, tensor) },
      });
    }
    if (values.length === 0)
      throw new ConfigError(program.name, "body must return a tensor, got none");
    const fused = fuseProducts(pruneGraph(program.name, values), graph);
    const outputs = nameOutputs(fused, outputPorts, ports);
    return {
      graph: pruneGraph(program.name, outputs),
      inputs: ports,
      outputs: outputPorts,
      kernels: new Set(backend.kernels),
    };
  } finally {
    engine.endScope();
    void tf.setBackend(previous === undefined || previous === "" ? "cpu" : previous);
    backend.end();
  }
}

/** Marks the graph name of an output that shares its path with an input, as state does. */
export const OUTPUT_SUFFIX = ":next";

// A node's output takes the output's name. Inputs, constants and a value that is an output already
// go through an Identity, because ONNX wants every output produced once, under its own name.
function nameOutputs(
  values: readonly GraphValue[],
  ports: readonly Port[],
  inputs: readonly Port[],
): readonly GraphValue[] {
  const inputNames = new Set(inputs.map(({ path }) => path));
  const named = new Set<GraphValue>();
  return ports.flatMap(({ path }, i) => {
    const value = values[i];
    if (value === undefined) return [];
    const name = inputNames.has(path) ? `${path}${OUTPUT_SUFFIX}` : path;
    if (value.node !== undefined && !named.has(value)) {
      named.add(value);
      value.name = name;
      return [value];
    }
    const output: GraphValue = { name, shape: value.shape, type: value.type };
    output.node = {
      op: "Identity",
      domain: "",
      inputs: [value],
      attributes: {},
      outputs: [output],
    };
    return [output];
  });
}

function isTensor(node: object): node is Tensor {
  return node instanceof tf.Tensor;
}

function dtypeOf(where: string, { dtype }: Tensor): DType {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  throw new TraceError(where, `outputs must be float32, int32 or bool, got ${dtype}`);
}

function checkConstant(where: string, path: string, spec: TensorSpec, value: HostTensor): void {
  const isSame =
    value.dtype === spec.dtype &&
    value.shape.length === spec.shape.length &&
    value.shape.every((size, axis) => size === spec.shape[axis]);
  if (!isSame)
    throw new ShapeError(
      where,
      `constant "${path}" must be ${spec.dtype}[${spec.shape}], got ${value.dtype}[${value.shape}]`,
    );
}
