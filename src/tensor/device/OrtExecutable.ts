import { performance } from "node:perf_hooks";

import type { InferenceSession } from "onnxruntime-node";

import { DeviceError } from "../../errors.ts";
import { encodeOnnx } from "../graph/encodeOnnx.ts";
import type { TensorData } from "../HostTensor.ts";
import type { Port, TracedProgram } from "../trace/traceProgram.ts";
import type { CompileStats, Executable, ResidentState } from "./Executable.ts";
import {
  downloadOrtTensor,
  emptyData,
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
  readonly #used: ReadonlySet<string>;
  readonly #outputNames: readonly string[];
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
    this.#used = new Set(traced.graph.inputs.map(({ name }) => name));
    this.#outputNames = traced.graph.outputs.map(({ name }) => name);
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
    const feeds = this.inputs.map(({ spec }, i) => toOrtTensor(data[i] ?? emptyData(spec), spec));
    const results = await this.runTensors(feeds);
    return Promise.all(
      this.outputs.map(({ spec }, i) => {
        const tensor = results[i];
        return tensor === undefined ? emptyData(spec) : downloadOrtTensor(this.#where, tensor);
      }),
    );
  }

  /** Runs on tensors; an output without elements is `undefined`. */
  async runTensors(
    feeds: readonly OrtTensor[],
    fetches?: readonly (OrtTensor | null)[],
  ): Promise<(OrtTensor | undefined)[]> {
    const session = this.#session;
    if (session === undefined)
      throw new DeviceError(this.#where, "expected an open program, got a disposed one");
    const feedMap: Record<string, OrtTensor> = {};
    this.inputs.forEach(({ path }, i) => {
      const tensor = feeds[i];
      if (tensor !== undefined && this.#used.has(path)) feedMap[path] = tensor;
    });
    const fetchMap: Record<string, OrtTensor | null> = {};
    this.#outputNames.forEach((name, i) => {
      fetchMap[name] = fetches?.[i] ?? null;
    });
    const running = session.run(feedMap, fetchMap);
    this.#tail = running.catch(() => undefined);
    try {
      const results = await running;
      return this.#outputNames.map((name, i) => {
        const tensor = results[name];
        const port = this.outputs[i];
        return port !== undefined && isEmptySpec(port.spec) ? undefined : tensor;
      });
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
    return new OrtState(this, prefix, initial);
  }

  async dispose(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await this.#tail;
    await session?.release();
  }
}
