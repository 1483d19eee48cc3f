import type { Program } from "./defineProgram.ts";
import type { Device, DeviceChoice } from "./device/Device.ts";
import type { CompileStats } from "./device/Executable.ts";
import { openExecutable } from "./device/openExecutable.ts";
import type { ArraysOf, FeedsOf, TensorData } from "./HostTensor.ts";
import { readFeeds } from "./readFeeds.ts";
import type { SpecTree, TensorTree } from "./TensorSpec.ts";
import type { Port } from "./trace/traceProgram.ts";
import { unflattenTree } from "./tree.ts";

/** How a program is compiled. `C` names the top-level inputs that are baked in. */
export interface CompileOptions<I extends SpecTree, C extends keyof I = never> {
  /** Where it runs; "cpu" unless said otherwise. */
  readonly device?: DeviceChoice;
  /** Threads inside one operation on the CPU; 1 unless said otherwise. */
  readonly threads?: number;
  /**
   * Top-level inputs to bake in as constants, with their values: weights of an inference program.
   * Baked weights are prepacked by the runtime and folded; they are no longer inputs of `run`.
   */
  readonly constants?: Pick<FeedsOf<I>, C & keyof FeedsOf<I>>;
}

/** A program ready to run on one device. Runs block the calling thread: host it in a worker. */
export interface CompiledProgram<I, O> extends AsyncDisposable {
  readonly name: string;
  readonly device: Device;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly stats: CompileStats;
  /**
   * Runs the program once.
   *
   * @param feeds A tree like the inputs: typed arrays (borrowed until the promise settles), host
   *   tensors, or numbers where the shape is [].
   * @returns A tree like the body's result with fresh typed arrays, row-major, owned by the caller.
   * @throws {ShapeError} If a feed is missing or has another dtype or size.
   * @throws {DeviceError} If the device fails, or the program was disposed.
   */
  run(feeds: FeedsOf<I>): Promise<ArraysOf<O>>;
  /** Closes the session. Idempotent; waits for runs under way. */
  dispose(): Promise<void>;
}

/**
 * Traces a program once and opens it on a device.
 *
 * @throws {TraceError | UnsupportedKernelError} If the body cannot be traced; see `docs/tensor.md`.
 * @throws {DeviceError} If the device does not open; the message says why and what to do.
 * @throws {ConfigError} If `threads` < 1 or a constant does not name an input.
 * @throws {ShapeError} If a constant has another shape or dtype than its input.
 */
export async function compile<I extends SpecTree, O extends TensorTree, C extends keyof I = never>(
  program: Program<I, O>,
  options: CompileOptions<I, C> = {},
): Promise<CompiledProgram<Omit<I, C>, O>> {
  const executable = await openExecutable(program, options);
  const { inputs, outputs } = executable;
  const { name } = program;
  return {
    name,
    device: executable.device,
    inputs,
    outputs,
    stats: executable.stats,
    async run(feeds) {
      const results = await executable.run(readFeeds(name, feeds, inputs));
      return outputTree<O>(outputs, results);
    },
    dispose: () => executable.dispose(),
    [Symbol.asyncDispose]: () => executable.dispose(),
  };
}

/** Names results by their ports and nests them as the body's result was. */
export function outputTree<O>(ports: readonly Port[], results: readonly TensorData[]): ArraysOf<O> {
  const leaves = ports.flatMap(({ path }, i): [string, TensorData][] => {
    const data = results[i];
    return data === undefined ? [] : [[path, data]];
  });
  // The paths come from the very tree that the type describes.
  return unflattenTree(leaves) as ArraysOf<O>;
}
