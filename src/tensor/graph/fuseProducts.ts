import { sizeOfShape } from "../TensorSpec.ts";
import { float } from "./attributes.ts";
import type { GraphBuilder } from "./GraphBuilder.ts";
import { type GraphNode, type GraphValue, splatOf } from "./GraphValue.ts";
import { dim, reshape } from "./layout.ts";
import type { Graph } from "./pruneGraph.ts";

/**
 * Moves what follows a matrix product into the product.
 *
 * - product + bias [N], and product + matrix [M, N], become the third operand of `Gemm`;
 * - product · number becomes its `alpha`.
 *
 * Each saves a pass over the product. Only where nothing else reads the bare product.
 *
 * @returns The outputs of the rewritten graph, in order; prune them again.
 */
export function fuseProducts(graph: Graph, builder: GraphBuilder): readonly GraphValue[] {
  const readers = countReaders(graph);
  const replaced = new Map<GraphValue, GraphValue>();
  const current = (value: GraphValue): GraphValue => replaced.get(value) ?? value;

  for (const node of graph.nodes) {
    const inputs = node.inputs.map(current);
    const fused = fuse(builder, node, inputs, readers);
    const [output] = node.outputs;
    if (fused !== undefined && output !== undefined) {
      replaced.set(output, fused);
    } else if (inputs.some((input, i) => input !== node.inputs[i])) {
      const values = builder.nodes(node.op, inputs, node.outputs, node.attributes, node.domain);
      node.outputs.forEach((old, i) => {
        const value = values[i];
        if (value !== undefined) replaced.set(old, value);
      });
    }
  }
  return graph.outputs.map(current);
}

function fuse(
  builder: GraphBuilder,
  node: GraphNode,
  inputs: readonly GraphValue[],
  readers: ReadonlyMap<GraphValue, number>,
): GraphValue | undefined {
  if (node.op !== "Add" && node.op !== "Mul") return undefined;
  const [output] = node.outputs;
  for (const [at, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const [old, operand] = [node.inputs[at], inputs[other]];
    const value = inputs[at];
    if (old === undefined || operand === undefined || value === undefined || output === undefined)
      continue;
    const product = soleProduct(old, value, readers);
    if (product?.node === undefined) continue;
    // An operand that makes the product itself repeat cannot move into it.
    if (sizeOfShape(output.shape) !== sizeOfShape(value.shape)) continue;
    const fused =
      node.op === "Add"
        ? addBias(builder, product.node, operand)
        : scale(builder, product.node, operand);
    if (fused !== undefined) return reshape(builder, fused, output.shape);
  }
  return undefined;
}

/** The product behind a value, through reshapes, if nothing else reads it or them. */
function soleProduct(
  old: GraphValue,
  value: GraphValue,
  readers: ReadonlyMap<GraphValue, number>,
): GraphValue | undefined {
  if ((readers.get(old) ?? 0) !== 1) return undefined;
  const node = value.node;
  if (node?.op === "Reshape" && old.node?.op === "Reshape") {
    const [oldInput, input] = [old.node.inputs[0], node.inputs[0]];
    return oldInput === undefined || input === undefined
      ? undefined
      : soleProduct(oldInput, input, readers);
  }
  return node?.op === "Gemm" || node?.op === "FusedMatMul" ? value : undefined;
}

function addBias(
  builder: GraphBuilder,
  product: GraphNode,
  bias: GraphValue,
): GraphValue | undefined {
  const [a, b, c] = product.inputs;
  const [output] = product.outputs;
  if (
    product.op !== "Gemm" ||
    a === undefined ||
    b === undefined ||
    c !== undefined ||
    output === undefined
  )
    return undefined;
  if (bias.type !== "float32") return undefined;
  // A sum of the product's own size: gradients gathered over the steps of a recurrence.
  if (sizeOfShape(bias.shape) === sizeOfShape(output.shape) && dim(output, -2) > 1)
    return builder.node(
      "Gemm",
      [a, b, reshape(builder, bias, output.shape)],
      output,
      product.attributes,
    );
  const width = dim(output, -1);
  // A scalar bias and a bias per row would broadcast otherwise than the Add did.
  if (sizeOfShape(bias.shape) !== width || dim(bias, -1) !== width) return undefined;
  const row = bias.shape.length <= 2 ? bias : reshape(builder, bias, [width]);
  return builder.node("Gemm", [a, b, row], output, product.attributes);
}

function scale(
  builder: GraphBuilder,
  product: GraphNode,
  factor: GraphValue,
): GraphValue | undefined {
  const value = splatOf(factor);
  const [output] = product.outputs;
  if (
    value === undefined ||
    output === undefined ||
    sizeOfShape(factor.shape) !== 1 ||
    product.inputs.length > 2
  )
    return undefined;
  const alpha = product.attributes["alpha"];
  const previous = alpha?.kind === "float" ? alpha.value : 1;
  const attributes = { ...product.attributes, alpha: float(previous * value) };
  return builder.node(product.op, product.inputs, output, attributes, product.domain);
}

function countReaders(graph: Graph): ReadonlyMap<GraphValue, number> {
  const readers = new Map<GraphValue, number>();
  const read = (value: GraphValue): void => {
    readers.set(value, (readers.get(value) ?? 0) + 1);
  };
  for (const node of graph.nodes) for (const input of node.inputs) read(input);
  for (const output of graph.outputs) read(output);
  return readers;
}
