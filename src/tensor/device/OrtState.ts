import { ShapeError } from "../../errors.ts";
import type { TensorData } from "../HostTensor.ts";
import type { ResidentState } from "./Executable.ts";
import type { OrtExecutable } from "./OrtExecutable.ts";
import { emptyData, fromOrtTensor, type OrtTensor, toOrtTensor } from "./OrtSession.ts";
import { ResidentReader } from "./ResidentReader.ts";

/**
 * Training state as ONNX Runtime tensors.
 *
 * The tensors that one step gives are the next step's inputs: no element is copied, read or checked
 * between steps, and on a device none is downloaded.
 */
export class OrtState implements ResidentState {
  readonly #executable: OrtExecutable;
  /** Positions of the state among the inputs and, in the same order, among the outputs. */
  readonly #inputs: readonly number[];
  readonly #outputs: readonly number[];
  readonly #feeds: OrtTensor[];
  #reader: ResidentReader | undefined;

  constructor(executable: OrtExecutable, prefix: string, initial: readonly TensorData[]) {
    this.#executable = executable;
    this.#inputs = executable.inputs.flatMap(({ path }, i) => (path.startsWith(prefix) ? [i] : []));
    this.#outputs = this.#inputs.map((position) => {
      const port = executable.inputs[position];
      const output = executable.outputs.findIndex(({ path }) => path === port?.path);
      const spec = executable.outputs[output]?.spec;
      if (port === undefined || spec === undefined)
        throw new ShapeError(
          "TrainingSession",
          `expected an output for state "${port?.path}", got none`,
        );
      if (spec.dtype !== port.spec.dtype || spec.shape.join() !== port.spec.shape.join())
        throw new ShapeError(
          "TrainingSession",
          `state "${port.path}" must leave a step as ${port.spec.dtype}[${port.spec.shape}], got ${spec.dtype}[${spec.shape}]`,
        );
      return output;
    });
    this.#feeds = executable.inputs.map(({ spec }) => toOrtTensor(emptyData(spec), spec));
    this.write(initial);
  }

  async step(data: readonly TensorData[]): Promise<TensorData[]> {
    const executable = this.#executable;
    const state = new Set(this.#inputs);
    let next = 0;
    executable.inputs.forEach(({ spec }, i) => {
      if (state.has(i)) return;
      this.#feeds[i] = toOrtTensor(data[next] ?? emptyData(spec), spec);
      next += 1;
    });
    const results = await executable.runTensors(this.#feeds);
    this.#inputs.forEach((input, i) => {
      const result = results[this.#outputs[i] ?? -1];
      const previous = this.#feeds[input];
      if (result === undefined) return;
      this.#feeds[input] = result;
      if (previous?.location === "gpu-buffer") previous.dispose();
    });
    const kept = new Set(this.#outputs);
    return executable.outputs.flatMap(({ spec, path }, i) => {
      if (kept.has(i)) return [];
      const tensor = results[i];
      return [tensor === undefined ? emptyData(spec) : fromOrtTensor(path, tensor)];
    });
  }

  async read(): Promise<TensorData[]> {
    const ports = this.#inputs.flatMap((position) => this.#executable.inputs[position] ?? []);
    const tensors = this.#inputs.flatMap((position) => this.#feeds[position] ?? []);
    const isResident = tensors.map((tensor) => tensor.location === "gpu-buffer");
    if (isResident.includes(true) && this.#reader === undefined)
      this.#reader = await ResidentReader.open(ports.filter((_, i) => isResident[i] === true));
    const downloaded =
      (await this.#reader?.read(tensors.filter((_, i) => isResident[i] === true))) ?? [];
    return tensors.map((tensor, i) => {
      if (isResident[i] === true) return downloaded.shift() ?? new Float32Array(0);
      return fromOrtTensor(ports[i]?.path ?? "state", tensor).slice();
    });
  }

  /** Frees the state and the reader. */
  async dispose(): Promise<void> {
    for (const tensor of this.#feeds) if (tensor.location === "gpu-buffer") tensor.dispose();
    this.#feeds.length = 0;
    await this.#reader?.dispose();
    this.#reader = undefined;
  }

  write(data: readonly TensorData[]): void {
    this.#inputs.forEach((position, i) => {
      const port = this.#executable.inputs[position];
      const elements = data[i];
      if (port === undefined || elements === undefined) return;
      this.#feeds[position] = toOrtTensor(elements.slice(), port.spec);
    });
  }
}
