import { sizeOfShape } from "../TensorSpec.ts";
import type { GraphAttribute, GraphNode, GraphValue } from "./GraphValue.ts";
import { modelProto, onnxAttributeTypes, onnxDataTypes } from "./onnxSchema.ts";
import type { Graph } from "./pruneGraph.ts";

/** Operator set 21 (ONNX 1.16) and IR version 10: the newest that widely deployed runtimes load. */
const OPSET = 21;
const IR_VERSION = 10;

/** Largest splat written out in full; above it the file holds one number and an Expand node. */
const LARGEST_DENSE_SPLAT = 4096;

/**
 * Writes a graph as the bytes of an `.onnx` file.
 *
 * @param metadata Free key-value pairs stored in the model, for example the program's version.
 */
export function encodeOnnx(
  graph: Graph,
  metadata: { readonly [key: string]: string } = {},
): Uint8Array {
  const nodes: object[] = [];
  const initializers: object[] = [];
  for (const value of graph.constants) {
    const splat = value.constant?.kind === "splat" ? value.constant.value : undefined;
    if (splat !== undefined && sizeOfShape(value.shape) > LARGEST_DENSE_SPLAT) {
      const [element, shape] = [`${value.name}_element`, `${value.name}_shape`];
      initializers.push(encodeTensor(element, [], value.type, splatBytes(splat, 1, value)));
      const dims = BigInt64Array.from(value.shape, BigInt);
      initializers.push(encodeTensor(shape, [dims.length], "int64", bytesOf(dims)));
      nodes.push({
        opType: "Expand",
        name: value.name,
        input: [element, shape],
        output: [value.name],
      });
    } else {
      initializers.push(encodeTensor(value.name, value.shape, value.type, constantBytes(value)));
    }
  }
  for (const node of graph.nodes) nodes.push(encodeNode(node));

  const domains = new Set(graph.nodes.map((node) => node.domain).filter((domain) => domain !== ""));
  const model = {
    irVersion: IR_VERSION,
    producerName: "sensorium",
    graph: {
      name: graph.name,
      node: nodes,
      initializer: initializers,
      input: graph.inputs.map(encodeValueInfo),
      output: graph.outputs.map(encodeValueInfo),
    },
    opsetImport: [
      { domain: "", version: OPSET },
      ...[...domains].map((domain) => ({ domain, version: 1 })),
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  };
  return modelProto.encode(model).finish();
}

function encodeNode(node: GraphNode): object {
  return {
    opType: node.op,
    domain: node.domain,
    name: node.outputs[0]?.name ?? node.op,
    input: node.inputs.map((input) => input.name),
    output: node.outputs.map((output) => output.name),
    attribute: Object.entries(node.attributes).map(([name, attribute]) => ({
      name,
      type: onnxAttributeTypes[attribute.kind],
      ...encodeAttribute(attribute),
    })),
  };
}

function encodeAttribute(attribute: GraphAttribute): object {
  switch (attribute.kind) {
    case "int":
      return { i: attribute.value };
    case "ints":
      return { ints: attribute.value };
    case "float":
      return { f: attribute.value };
    case "floats":
      return { floats: attribute.value };
    case "string":
      return { s: new TextEncoder().encode(attribute.value) };
    default:
      return attribute satisfies never;
  }
}

function encodeValueInfo(value: GraphValue): object {
  return {
    name: value.name,
    type: {
      tensorType: {
        elemType: onnxDataTypes[value.type],
        shape: { dim: value.shape.map((size) => ({ dimValue: size })) },
      },
    },
  };
}

function encodeTensor(
  name: string,
  dims: readonly number[],
  type: GraphValue["type"],
  rawData: Uint8Array,
): object {
  return { name, dims, dataType: onnxDataTypes[type], rawData };
}

function constantBytes(value: GraphValue): Uint8Array {
  const constant = value.constant;
  if (constant === undefined) return new Uint8Array(0);
  return constant.kind === "dense"
    ? bytesOf(constant.data)
    : splatBytes(constant.value, sizeOfShape(value.shape), value);
}

function splatBytes(element: number, size: number, { type }: GraphValue): Uint8Array {
  switch (type) {
    case "float32":
      return bytesOf(new Float32Array(size).fill(element));
    case "int32":
      return bytesOf(new Int32Array(size).fill(element));
    case "int64":
      return bytesOf(new BigInt64Array(size).fill(BigInt(element)));
    case "bool":
      return new Uint8Array(size).fill(element === 0 ? 0 : 1);
    default:
      return type satisfies never;
  }
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
