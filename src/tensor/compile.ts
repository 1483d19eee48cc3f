import type { Program } from "./defineProgram.ts";
import type { Device, DeviceChoice } from "./device/Device.ts";
import type { CompileStats } from "./device/Executable.ts";
import { openExecutable } from "./device/openExecutable.ts";
import type { ArraysOf, FeedsOf, TensorData } from "./HostTensor.ts";
import { createFeedReader } from "./readFeeds.ts";
import type { SpecTree, TensorTree } from "./TensorSpec.ts";
import type { Port } from "./trace/traceProgram.ts";
import { PATH_SEPARATOR, unflattenTree } from "./tree.ts";

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
  /** Told in one line what "auto" chose and why. */
  readonly onNotice?: (line: string) => void;
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
  const readFeeds = createFeedReader(name, inputs);
  const nest = createOutputNester<O>(outputs);
  return {
    name,
    device: executable.device,
    inputs,
    outputs,
    stats: executable.stats,
    async run(feeds) {
      return nest(await executable.run(readFeeds(feeds)));
    },
    dispose: () => executable.dispose(),
    [Symbol.asyncDispose]: () => executable.dispose(),
  };
}

/** Prepares the nesting of results as the body's result was nested, by the ports' paths. */
export function createOutputNester<O>(
  ports: readonly Port[],
): (results: readonly TensorData[]) => ArraysOf<O> {
  const isFlat = ports.every(({ path }) => !path.includes(PATH_SEPARATOR));
  return (results) => {
    const leaves: [string, TensorData][] = [];
    for (let i = 0; i < ports.length; i += 1) {
      const [port, data] = [ports[i], results[i]];
      if (port !== undefined && data !== undefined) leaves.push([port.path, data]);
    }
    // The paths come from the very tree that the type describes.
    return (isFlat ? Object.fromEntries(leaves) : unflattenTree(leaves)) as ArraysOf<O>;
  };
}
