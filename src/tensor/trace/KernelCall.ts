import { TraceError } from "../../errors.ts";
import type { GraphBuilder } from "../graph/GraphBuilder.ts";
import type { GraphValue } from "../graph/GraphValue.ts";

/** What a kernel's mapping is given: its operands as graph values and its checked attributes. */
export interface KernelCall {
  readonly kernel: string;
  readonly graph: GraphBuilder;
  /** Operands in the order tfjs passes them. */
  readonly operands: readonly GraphValue[];
  /** A named operand. */
  input(name: string): GraphValue;
  /** A named operand that may be absent. */
  optional(name: string): GraphValue | undefined;
  /** A numeric attribute, or `fallback` when it is absent. */
  number(name: string, fallback?: number): number;
  /** A list attribute; a single number becomes a list of one, absence the fallback. */
  numbers(name: string, fallback?: readonly number[]): readonly number[];
  /** A true-or-false attribute; absence is false. */
  flag(name: string): boolean;
  /** A string attribute, or `fallback` when it is absent. */
  text(name: string, fallback?: string): string;
  /** An attribute as it is, for shapes of its own such as paddings. */
  attribute(name: string): unknown;
}

/** Emits the nodes of one kernel and gives its outputs; several for kernels such as `TopK`. */
export type KernelMapping = (call: KernelCall) => GraphValue | readonly GraphValue[];

/** Kernel mappings by tfjs kernel name. */
export type KernelTable = { readonly [kernel: string]: KernelMapping };

/** Builds the checked view of one kernel call. */
export function createKernelCall(
  where: string,
  kernel: string,
  graph: GraphBuilder,
  inputs: ReadonlyMap<string, GraphValue>,
  attributes: { readonly [name: string]: unknown },
): KernelCall {
  const refuse = (name: string, expected: string): TraceError =>
    new TraceError(
      where,
      `${kernel}.${name} expected ${expected}, got ${String(attributes[name])}`,
    );
  return {
    kernel,
    graph,
    operands: [...inputs.values()],
    input(name) {
      const value = inputs.get(name);
      if (value === undefined) throw refuse(name, "an operand");
      return value;
    },
    optional: (name) => inputs.get(name),
    number(name, fallback) {
      const value = attributes[name] ?? fallback;
      if (typeof value !== "number") throw refuse(name, "a number");
      return value;
    },
    numbers(name, fallback) {
      const value = attributes[name] ?? fallback;
      if (typeof value === "number") return [value];
      if (!Array.isArray(value) || !value.every((item) => typeof item === "number"))
        throw refuse(name, "numbers");
      return value;
    },
    flag(name) {
      const value = attributes[name] ?? false;
      if (typeof value !== "boolean") throw refuse(name, "true or false");
      return value;
    },
    text(name, fallback) {
      const value = attributes[name] ?? fallback;
      if (typeof value !== "string") throw refuse(name, "a string");
      return value;
    },
    attribute: (name) => attributes[name],
  };
}
