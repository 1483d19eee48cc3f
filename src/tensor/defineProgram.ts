import { ConfigError } from "../errors.ts";
import { isTensorSpec, type SpecTree, type TensorsOf, type TensorTree } from "./TensorSpec.ts";
import { flattenTree } from "./tree.ts";

/**
 * A tensor program: a pure function from named tensors to named tensors, written in TensorFlow.js.
 *
 * Forward pass, loss, gradients (`valueAndGradients`, `tf.grads`) and optimiser step are one body.
 * A body never reads a value, awaits, keeps a tensor or draws a random number: randomness is an input.
 */
export interface Program<I extends SpecTree = SpecTree, O extends TensorTree = TensorTree> {
  readonly name: string;
  readonly inputs: I;
  readonly body: (inputs: TensorsOf<I>) => O;
}

/**
 * Names a program and fixes the shapes and dtypes of its inputs.
 *
 * ```ts
 * const classify = defineProgram({
 *   name: "classify",
 *   inputs: { params: { w: float32([64, 10]), b: float32([10]) }, x: float32([8, 64]) },
 *   body: ({ params, x }) => ({ probabilities: tf.softmax(tf.add(tf.matMul(x, params.w), params.b)) }),
 * });
 * const compiled = await compile(classify, { device: "cpu", constants: { params: weights } });
 * const { probabilities } = await compiled.run({ x: new Float32Array(8 * 64) });
 * ```
 *
 * @throws {ConfigError} If the name is empty, or an input's name is empty or contains "/".
 */
export function defineProgram<const I extends SpecTree, O extends TensorTree>(program: {
  readonly name: string;
  readonly inputs: I;
  readonly body: (inputs: TensorsOf<I>) => O;
}): Program<I, O> {
  if (program.name === "") throw new ConfigError("defineProgram", "name must not be empty, got ''");
  flattenTree(program.inputs, isSpecNode, program.name);
  return program;
}

/** Whether a node of an unknown tree is a spec; the guard that tree walks over inputs use. */
export function isSpecNode(node: object): node is import("./TensorSpec.ts").TensorSpec {
  return isTensorSpec(node as SpecTree);
}
