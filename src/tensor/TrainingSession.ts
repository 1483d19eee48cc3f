import { ConfigError } from "../errors.ts";
import { createOutputNester } from "./compile.ts";
import type { Program } from "./defineProgram.ts";
import type { Device, DeviceChoice } from "./device/Device.ts";
import type { CompileStats, Executable, ResidentState } from "./device/Executable.ts";
import { openExecutable } from "./device/openExecutable.ts";
import type { ArraysOf, FeedsOf, HostTensorsOf, TensorData } from "./HostTensor.ts";
import { asHostTensor, createFeedReader, type FeedReader } from "./readFeeds.ts";
import type { SpecTree, TensorTree } from "./TensorSpec.ts";
import type { Port } from "./trace/traceProgram.ts";
import { unflattenTree } from "./tree.ts";

/** Inputs of a training program: its state and whatever a step needs besides. */
export type TrainingInputs<S extends SpecTree> = SpecTree & { readonly state: S };

/** Outputs of a training program: the next state, named and shaped as it came in, and the metrics. */
export type TrainingOutputs = TensorTree & { readonly state: TensorTree };

/** How a training session is opened. */
export interface TrainingSessionOptions<S extends SpecTree> {
  /** Where it starts: weights, optimiser moments, counters. Copied. */
  readonly state: FeedsOf<S>;
  readonly device?: DeviceChoice;
  /** Threads inside one operation on the CPU; 1 unless said otherwise. */
  readonly threads?: number;
  /** Told in one line what "auto" chose and why. */
  readonly onNotice?: (line: string) => void;
}

/**
 * A training program whose state stays with the runtime between steps.
 *
 * ```ts
 * const train = defineProgram({
 *   name: "train",
 *   inputs: {
 *     state: { params: specsOf(params), adam: adamW.stateSpecs(specsOf(params)) },
 *     x: float32([64, 10]), y: int32([64]), learningRate: float32([]),
 *   },
 *   body: ({ state, x, y, learningRate }) => {
 *     const { value, gradients } = valueAndGradients(state.params, (params) => lossOf(params, x, y));
 *     const next = adamW.update(state.params, gradients, state.adam, { learningRate });
 *     return { state: { params: next.params, adam: next.state }, loss: value };
 *   },
 * });
 * await using session = await TrainingSession.open(train, { state: { params, adam: adamW.init(params) } });
 * for (const batch of batches) {
 *   const { loss } = await session.step({ x: batch.x, y: batch.y, learningRate: 1e-3 });
 * }
 * const { params: trained } = await session.readState();
 * ```
 *
 * Key behaviours: `step` runs one after the other, never two at once; only the outputs outside
 * `state` are read out; `readState` copies; a failed step leaves the state as it was.
 */
export class TrainingSession<I extends { readonly state: SpecTree }, O> implements AsyncDisposable {
  readonly name: string;
  readonly #executable: Executable;
  readonly #state: ResidentState;
  readonly #statePorts: readonly Port[];
  readonly #readFeeds: FeedReader;
  readonly #nest: (results: readonly TensorData[]) => ArraysOf<Omit<O, "state">>;

  private constructor(name: string, executable: Executable, initial: unknown) {
    this.name = name;
    this.#executable = executable;
    this.#statePorts = executable.inputs.filter(isStatePort);
    this.#readFeeds = createFeedReader(
      name,
      executable.inputs.filter((port) => !isStatePort(port)),
    );
    this.#nest = createOutputNester(executable.outputs.filter((port) => !isStatePort(port)));
    this.#state = executable.keepState(
      STATE_PREFIX,
      createFeedReader(name, this.#statePorts)({ state: initial }),
    );
  }

  /**
   * Traces, opens and fills a training program.
   *
   * @throws {ConfigError} If the program has no input named "state".
   * @throws {ShapeError} If the state does not fit its specs, or leaves the body with other ones.
   */
  static async open<S extends SpecTree, I extends TrainingInputs<S>, O extends TrainingOutputs>(
    program: Program<I, O>,
    { state, ...options }: TrainingSessionOptions<I["state"]>,
  ): Promise<TrainingSession<I, O>> {
    if (program.inputs.state === undefined)
      throw new ConfigError(
        program.name,
        `inputs must have a "state", got ${Object.keys(program.inputs)}`,
      );
    const executable = await openExecutable(program, { ...options, statePrefix: STATE_PREFIX });
    return new TrainingSession<I, O>(program.name, executable, state);
  }

  /** Where the session runs. */
  get device(): Device {
    return this.#executable.device;
  }

  /** What compiling cost. */
  get stats(): CompileStats {
    return this.#executable.stats;
  }

  /**
   * One step: feeds in, metrics out, state replaced.
   *
   * @throws {ShapeError} If a feed is missing or has another dtype or size.
   */
  async step(feeds: FeedsOf<Omit<I, "state">>): Promise<ArraysOf<Omit<O, "state">>> {
    return this.#nest(await this.#state.step(this.#readFeeds(feeds)));
  }

  /** A copy of the state as it is after the last step. */
  async readState(): Promise<HostTensorsOf<I["state"]>> {
    const data = await this.#state.read();
    const leaves = this.#statePorts.flatMap(({ path, spec }, i): [string, object][] => {
      const elements = data[i];
      return elements === undefined
        ? []
        : [[path.slice(STATE_PREFIX.length), asHostTensor(elements, spec)]];
    });
    // The paths come from the very tree that the type describes.
    return unflattenTree(leaves) as HostTensorsOf<I["state"]>;
  }

  /** Replaces the state: a rollback, or a warm start. Not while a step is under way. */
  writeState(state: FeedsOf<I["state"]>): void {
    this.#state.write(createFeedReader(this.name, this.#statePorts)({ state }));
  }

  /** Closes the session. Idempotent. */
  dispose(): Promise<void> {
    return this.#executable.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

const STATE_PREFIX = "state/";

function isStatePort({ path }: Port): boolean {
  return path.startsWith(STATE_PREFIX);
}
