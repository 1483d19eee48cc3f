import { ShapeError } from "../../errors.ts";
import type { TensorData } from "../HostTensor.ts";
import { sizeOfShape } from "../TensorSpec.ts";
import type {
  GraphAttributes,
  GraphConstant,
  GraphNode,
  GraphType,
  GraphValue,
} from "./GraphValue.ts";

/** Below this many elements a constant is compared by value, so that equal ones become one. */
const SMALL = 64;

/**
 * Collects the values and nodes of one graph while a program is traced.
 *
 * Nodes are hash-consed: the same operation on the same operands is emitted once, which removes what
 * autodiff repeats between the forward and the backward pass. Nothing is removed here; what no output
 * needs is left behind when the graph is pruned.
 */
export class GraphBuilder {
  /** Whether the graph may use operations that only ONNX Runtime has; an exported file may not. */
  readonly allowsOrtOps: boolean;
  readonly #known = new Map<string, readonly GraphValue[]>();
  readonly #constants = new Map<string, GraphValue>();
  #counter = 0;

  constructor({ allowsOrtOps = true }: { readonly allowsOrtOps?: boolean } = {}) {
    this.allowsOrtOps = allowsOrtOps;
  }

  /** Declares a named input. */
  input(name: string, type: GraphType, shape: readonly number[]): GraphValue {
    return { name, type, shape };
  }

  /** A constant with the given elements; equal elements collapse to a splat. */
  constant(data: TensorData, shape: readonly number[]): GraphValue {
    const type =
      data instanceof Float32Array ? "float32" : data instanceof Int32Array ? "int32" : "bool";
    if (data.length !== sizeOfShape(shape))
      throw new ShapeError(
        "GraphBuilder",
        `expected ${sizeOfShape(shape)} elements for [${shape}], got ${data.length}`,
      );
    const first = data[0];
    if (first !== undefined && data.every((element) => Object.is(element, first)))
      return this.splat(first, shape, type);
    return this.#intern({ kind: "dense", data }, shape, type);
  }

  /** A constant filled with one number. */
  splat(value: number, shape: readonly number[], type: GraphType): GraphValue {
    return this.#intern(
      { kind: "splat", value: type === "float32" ? Math.fround(value) : value },
      shape,
      type,
    );
  }

  /** A 1-D int64 constant: a shape, axes, or slice bounds. */
  indices(values: readonly number[]): GraphValue {
    const data = BigInt64Array.from(values, BigInt);
    return this.#intern({ kind: "dense", data }, [values.length], "int64");
  }

  /** A scalar int64 constant. */
  index(value: number): GraphValue {
    return this.#intern({ kind: "dense", data: BigInt64Array.of(BigInt(value)) }, [], "int64");
  }

  /** Emits a node with one output, or finds the one emitted before with the same operands. */
  node(
    op: string,
    inputs: readonly GraphValue[],
    output: { readonly shape: readonly number[]; readonly type: GraphType },
    attributes: GraphAttributes = {},
    domain = "",
  ): GraphValue {
    const [value] = this.nodes(op, inputs, [output], attributes, domain);
    if (value === undefined)
      throw new ShapeError("GraphBuilder", `expected an output of ${op}, got none`);
    return value;
  }

  /** Emits a node with several outputs. */
  nodes(
    op: string,
    inputs: readonly GraphValue[],
    outputs: readonly { readonly shape: readonly number[]; readonly type: GraphType }[],
    attributes: GraphAttributes = {},
    domain = "",
  ): readonly GraphValue[] {
    const key = `${domain}:${op}(${inputs.map((input) => input.name).join()})${JSON.stringify(attributes)}${outputs.length}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const values: GraphValue[] = outputs.map(({ shape, type }) => ({
      name: this.#name(op),
      shape: [...shape],
      type,
    }));
    const node: GraphNode = { op, domain, inputs, attributes, outputs: values };
    for (const value of values) value.node = node;
    this.#known.set(key, values);
    return values;
  }

  #intern(constant: GraphConstant, shape: readonly number[], type: GraphType): GraphValue {
    const elements = constant.kind === "splat" ? 1 : constant.data.length;
    const name = (): string => this.#name("const");
    if (elements > SMALL) return { name: name(), shape: [...shape], type, constant };
    const content =
      constant.kind === "splat" ? numberKey(constant.value) : Array.from(constant.data, numberKey);
    const key = `${type}[${shape}]${constant.kind}${content}`;
    let value = this.#constants.get(key);
    if (value === undefined) {
      value = { name: name(), shape: [...shape], type, constant };
      this.#constants.set(key, value);
    }
    return value;
  }

  #name(op: string): string {
    this.#counter += 1;
    // A leading "/" keeps clear of the names of inputs and outputs, which have none.
    return `/${op}_${this.#counter}`;
  }
}

// Negative zero prints as 0 and must not be merged with it: 1 / -0 differs.
function numberKey(value: number | bigint): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
