import type { GraphNode, GraphValue } from "./GraphValue.ts";

/** What is left of a traced program: nodes in an order that ONNX accepts, constants, used inputs. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphValue[];
  readonly constants: readonly GraphValue[];
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly GraphValue[];
}

/**
 * Keeps what the outputs need, in topological order.
 *
 * An explicit stack, not recursion: unrolled recurrences are tens of thousands of nodes deep.
 */
export function pruneGraph(name: string, outputs: readonly GraphValue[]): Graph {
  const nodes: GraphNode[] = [];
  const constants: GraphValue[] = [];
  const inputs: GraphValue[] = [];
  const seenValues = new Set<GraphValue>();
  const seenNodes = new Set<GraphNode>();
  const stack: ({ readonly enter: GraphValue } | { readonly leave: GraphNode })[] = [];
  for (const output of [...outputs].reverse()) stack.push({ enter: output });

  for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
    if ("leave" in task) {
      nodes.push(task.leave);
      continue;
    }
    const value = task.enter;
    if (seenValues.has(value)) continue;
    seenValues.add(value);
    if (value.constant !== undefined) constants.push(value);
    else if (value.node === undefined) inputs.push(value);
    else if (!seenNodes.has(value.node)) {
      seenNodes.add(value.node);
      stack.push({ leave: value.node });
      for (const input of [...value.node.inputs].reverse()) stack.push({ enter: input });
    }
  }
  return { name, inputs, constants, nodes, outputs };
}
