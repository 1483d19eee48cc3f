import { performance } from "node:perf_hooks";

import type { InferenceSession } from "onnxruntime-node";

import { DeviceError } from "../../errors.ts";
import { encodeOnnx } from "../graph/encodeOnnx.ts";
import type { TensorData } from "../HostTensor.ts";
import type { Port, TracedProgram } from "../trace/traceProgram.ts";
import type { CompileStats, Executable, ResidentState } from "./Executable.ts";
import {
  emptyData,
  fromOrtTensor,
  isEmptySpec,
  type OrtSessionOptions,
  type OrtTensor,
  openOrtSession,
  toOrtTensor,
} from "./OrtSession.ts";
import { OrtState } from "./OrtState.ts";

/** A traced program in an ONNX Runtime session. Runs do not overlap: a second waits for the first. */
export class OrtExecutable implements Executable {
  readonly device: "cpu" | "webgpu" | "cuda";
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly stats: CompileStats;
  readonly #where: string;
  /** Graph name of each input, or nothing where the graph does not read it. */
  readonly #feedNames: readonly (string | undefined)[];
  /** Graph name of each output, or nothing where it has no elements. */
  readonly #fetchNames: readonly (string | undefined)[];
  readonly #states: OrtState[] = [];
  #session: InferenceSession | undefined;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(
    traced: TracedProgram,
    session: InferenceSession,
    device: "cpu" | "webgpu" | "cuda",
    stats: CompileStats,
  ) {
    this.device = device;
    this.inputs = traced.inputs;
    this.outputs = traced.outputs;
    this.stats = stats;
    this.#where = traced.graph.name;
    const read = new Set(traced.graph.inputs.map(({ name }) => name));
    this.#feedNames = traced.inputs.map(({ path }) => (read.has(path) ? path : undefined));
    this.#fetchNames = traced.graph.outputs.map(({ name }, i) => {
      const port = traced.outputs[i];
      return port !== undefined && isEmptySpec(port.spec) ? undefined : name;
    });
    this.#session = session;
  }

  /** Writes the graph as ONNX and opens it. */
  static async open(
    traced: TracedProgram,
    traceMs: number,
    options: OrtSessionOptions,
  ): Promise<OrtExecutable> {
    const model = encodeOnnx(traced.graph);
    const started = performance.now();
    const session = await openOrtSession(traced.graph.name, model, options);
    return new OrtExecutable(traced, session, options.provider, {
      nodes: traced.graph.nodes.length,
      bytes: model.byteLength,
      traceMs,
      sessionMs: performance.now() - started,
    });
  }

  async run(data: readonly TensorData[]): Promise<TensorData[]> {
    const { inputs, outputs } = this;
    const feeds: OrtTensor[] = [];
    for (let i = 0; i < inputs.length; i += 1) {
      const [port, elements] = [inputs[i], data[i]];
      if (port !== undefined) feeds.push(toOrtTensor(elements ?? emptyData(port.spec), port.spec));
    }
    const results = await this.runTensors(feeds);
    const elements: TensorData[] = [];
    for (let i = 0; i < outputs.length; i += 1) {
      const [port, tensor] = [outputs[i], results[i]];
      if (port === undefined) continue;
      if (tensor === undefined) elements.push(emptyData(port.spec));
      else elements.push(fromOrtTensor(this.#where, tensor));
    }
    return elements;
  }

  /** Runs once and drops the results, wherever they are: to warm up, or to be timed. */
  async warm(data: readonly TensorData[]): Promise<void> {
    const feeds = this.inputs.map(({ spec }, i) => toOrtTensor(data[i] ?? emptyData(spec), spec));
    for (const tensor of await this.runTensors(feeds))
      if (tensor?.location === "gpu-buffer") tensor.dispose();
  }

  /** Runs on tensors, in the order of the inputs; an output without elements is `undefined`. */
  async runTensors(feeds: readonly OrtTensor[]): Promise<(OrtTensor | undefined)[]> {
    const session = this.#session;
    if (session === undefined)
      throw new DeviceError(this.#where, "expected an open program, got a disposed one");
    const feedMap: Record<string, OrtTensor> = {};
    for (let i = 0; i < feeds.length; i += 1) {
      const [name, tensor] = [this.#feedNames[i], feeds[i]];
      if (name !== undefined && tensor !== undefined) feedMap[name] = tensor;
    }
    const running = session.run(feedMap);
    this.#tail = running;
    try {
      const results = await running;
      return this.#fetchNames.map((name) => (name === undefined ? undefined : results[name]));
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new DeviceError(
        this.#where,
        `expected a run on ${this.device} to succeed, got: ${problem}`,
        { cause },
      );
    }
  }

  keepState(prefix: string, initial: readonly TensorData[]): ResidentState {
    const state = new OrtState(this, prefix, initial);
    this.#states.push(state);
    return state;
  }

  async dispose(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    // A failed run has told its caller; here only its end matters.
    await Promise.allSettled([this.#tail]);
    for (const state of this.#states) await state.dispose();
    await session?.release();
  }
}
