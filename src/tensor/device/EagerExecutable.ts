import { ShapeError } from "../../errors.ts";
import { isSpecNode, type Program } from "../defineProgram.ts";
import { createData, type HostTensor, type TensorData } from "../HostTensor.ts";
import type { SpecTree, TensorsOf, TensorTree } from "../TensorSpec.ts";
import { type Tensor, tf } from "../tf.ts";
import type { Port } from "../trace/traceProgram.ts";
import { flattenTree, unflattenTree } from "../tree.ts";
import type { CompileStats, Executable, ResidentState } from "./Executable.ts";
import { loadNativeTfjs } from "./loadNativeTfjs.ts";

/**
 * A program run eagerly, op by op, on whichever tfjs backend is active.
 *
 * The reference for the compiled devices, and the way to `@tensorflow/tfjs-node-gpu` where a user
 * has installed it.
 */
export class EagerExecutable implements Executable {
  readonly device = "tfjs";
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly stats: CompileStats = { nodes: 0, bytes: 0, traceMs: 0, sessionMs: 0 };
  readonly #body: (data: readonly TensorData[]) => [string, Tensor][];

  private constructor(
    inputs: readonly Port[],
    outputs: readonly Port[],
    body: (data: readonly TensorData[]) => [string, Tensor][],
  ) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.#body = body;
  }

  /** Runs the body once on zeros to learn the outputs' names and shapes. */
  static async open<I extends SpecTree, O extends TensorTree>(
    program: Program<I, O>,
    constants: ReadonlyMap<string, HostTensor>,
  ): Promise<EagerExecutable> {
    await loadNativeTfjs();
    const ports = flattenTree(program.inputs, isSpecNode, program.name).map(([path, spec]) => ({
      path,
      spec,
    }));
    const inputs = ports.filter(({ path }) => !constants.has(path));
    const body = (data: readonly TensorData[]): [string, Tensor][] => {
      let next = 0;
      const tensors = ports.map(({ path, spec }): [string, Tensor] => {
        const baked = constants.get(path);
        const elements = baked?.data ?? data[next];
        if (baked === undefined) next += 1;
        if (elements === undefined)
          throw new ShapeError(program.name, `expected "${path}", got nothing`);
        // tfjs may keep a typed array as its storage: hand it a copy, the feed stays the caller's.
        return [path, tf.tensor(elements.slice(), [...spec.shape], spec.dtype)];
      });
      return flattenTree(
        program.body(unflattenTree(tensors) as TensorsOf<I>),
        isTensor,
        program.name,
      );
    };
    const outputs: Port[] = [];
    tf.tidy(() => {
      for (const [path, { shape, dtype }] of body(
        inputs.map(({ spec }) => createData(spec.dtype, spec.shape)),
      )) {
        if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool")
          throw new ShapeError(
            program.name,
            `outputs must be float32, int32 or bool, got ${dtype}`,
          );
        outputs.push({ path, spec: { shape, dtype } });
      }
    });
    return new EagerExecutable(inputs, outputs, body);
  }

  async run(data: readonly TensorData[]): Promise<TensorData[]> {
    const results: TensorData[] = [];
    tf.tidy(() => {
      for (const [, tensor] of this.#body(data)) results.push(ownData(tensor));
    });
    return results;
  }

  keepState(prefix: string, initial: readonly TensorData[]): ResidentState {
    const isState = (port: Port): boolean => port.path.startsWith(prefix);
    const statePaths = this.inputs.filter(isState).map(({ path }) => path);
    let state: readonly TensorData[] = initial.map((data) => data.slice());
    return {
      step: async (data) => {
        let nextState = 0;
        let nextData = 0;
        const feeds = this.inputs.map((port) => {
          const elements = isState(port) ? state[nextState++] : data[nextData++];
          if (elements === undefined)
            throw new ShapeError("TrainingSession", `expected "${port.path}", got nothing`);
          return elements;
        });
        const results = await this.run(feeds);
        const byPath = new Map(this.outputs.map(({ path }, i) => [path, results[i]]));
        state = statePaths.map((path) => {
          const next = byPath.get(path);
          if (next === undefined)
            throw new ShapeError(
              "TrainingSession",
              `expected an output for state "${path}", got none`,
            );
          return next;
        });
        return results.filter((_, i) => !statePaths.includes(this.outputs[i]?.path ?? ""));
      },
      read: async () => state.map((data) => data.slice()),
      write: (data) => {
        state = data.map((elements) => elements.slice());
      },
    };
  }

  async dispose(): Promise<void> {}
}

function isTensor(node: object): node is Tensor {
  return node instanceof tf.Tensor;
}

// tfjs's CPU backend may hand out another array type than the dtype's: a cast that loses nothing
// keeps the operand's storage.
function ownData(tensor: Tensor): TensorData {
  const data: ArrayLike<number> = tensor.dataSync();
  if (tensor.dtype === "float32") return Float32Array.from(data);
  return tensor.dtype === "int32" ? Int32Array.from(data) : Uint8Array.from(data);
}
