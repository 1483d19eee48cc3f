import type { InferenceSession } from "onnxruntime-node";

import { DeviceError, ModelError, ShapeError } from "../errors.ts";
import { fromOrtTensor, OrtTensor, openOrtSession } from "./device/OrtSession.ts";
import { type HostTensor, hostTensor, type TensorData } from "./HostTensor.ts";

/** One input or output of a foreign model. A dimension that the file leaves open is its name, or "?". */
export interface ModelPort {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
}

/** How a foreign model is opened. */
export interface OnnxModelOptions {
  readonly device?: "cpu" | "webgpu" | "cuda";
  /** Threads inside one operation on the CPU; 1 unless said otherwise. */
  readonly threads?: number;
}

/**
 * A model from elsewhere: any `.onnx` file of float32, int32 or bool, as a feature extractor.
 *
 * Key behaviours: what the file wants is read from the file and checked at every run, with errors
 * that name the input; open dimensions take any size, but one name means one size per run; `run`
 * blocks the calling thread.
 */
export class OnnxModel implements AsyncDisposable {
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly #where: string;
  #session: InferenceSession | undefined;

  private constructor(where: string, session: InferenceSession) {
    this.#where = where;
    this.#session = session;
    this.inputs = session.inputMetadata.map(toPort);
    this.outputs = session.outputMetadata.map(toPort);
  }

  /**
   * Opens the bytes of an `.onnx` file.
   *
   * @param where A name for messages: the file's, or the stream's.
   * @throws {ModelError} If the bytes are not a model, or an input has a type we cannot feed.
   * @throws {DeviceError} If the device does not open.
   */
  static async open(
    where: string,
    bytes: Uint8Array,
    { device = "cpu", threads = 1 }: OnnxModelOptions = {},
  ): Promise<OnnxModel> {
    let session: InferenceSession;
    try {
      session = await openOrtSession(where, bytes, { provider: device, threads });
    } catch (cause) {
      // On the CPU nothing but the file itself can be at fault.
      if (device !== "cpu" || !(cause instanceof DeviceError)) throw cause;
      const problem = cause.cause instanceof Error ? cause.cause.message : cause.message;
      throw new ModelError(where, `expected an ONNX model, got: ${problem}`, { cause });
    }
    const model = new OnnxModel(where, session);
    for (const { name, dtype } of model.inputs)
      if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool") {
        await model.dispose();
        throw new ModelError(where, `input "${name}" must be float32, int32 or bool, got ${dtype}`);
      }
    return model;
  }

  /**
   * Runs the model once.
   *
   * @param feeds One host tensor per input, by name; borrowed until the promise settles.
   * @returns One host tensor per output, by name.
   * @throws {ShapeError} If an input is missing, unknown, or has another dtype or shape.
   */
  async run(feeds: { readonly [name: string]: HostTensor }): Promise<Record<string, HostTensor>> {
    const session = this.#session;
    if (session === undefined)
      throw new DeviceError(this.#where, "expected an open model, got a disposed one");
    this.#check(feeds);
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
        name,
        new OrtTensor(dtype, data, shape),
      ]),
    );
    const results = await session.run(tensors);
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => {
        const data: TensorData = fromOrtTensor(`${this.#where} output "${name}"`, tensor);
        return [name, hostTensor(data, tensor.dims)];
      }),
    );
  }

  /** Closes the session. Idempotent. */
  async dispose(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #check(feeds: { readonly [name: string]: HostTensor }): void {
    const names = this.inputs.map(({ name }) => name);
    const unknown = Object.keys(feeds).find((name) => !names.includes(name));
    if (unknown !== undefined)
      throw new ShapeError(
        this.#where,
        `expected the inputs ${names.join(", ")}, got "${unknown}"`,
      );
    const open = new Map<string, number>();
    for (const { name, dtype, shape } of this.inputs) {
      const feed = feeds[name];
      const expected = `input "${name}" must be ${dtype}[${shape.join(", ")}]`;
      if (feed === undefined) throw new ShapeError(this.#where, `${expected}, got nothing`);
      const got = `${feed.dtype}[${feed.shape.join(", ")}]`;
      if (feed.dtype !== dtype || feed.shape.length !== shape.length)
        throw new ShapeError(this.#where, `${expected}, got ${got}`);
      shape.forEach((size, axis) => {
        const actual = feed.shape[axis] ?? 0;
        const wanted = typeof size === "number" ? size : (open.get(size) ?? actual);
        if (actual !== wanted) throw new ShapeError(this.#where, `${expected}, got ${got}`);
        if (typeof size === "string" && size !== OPEN) open.set(size, actual);
      });
    }
  }
}

/** A dimension without size and without name. */
const OPEN = "?";

function toPort(metadata: InferenceSession.ValueMetadata): ModelPort {
  if (!metadata.isTensor) return { name: metadata.name, dtype: "not a tensor", shape: [] };
  const shape = metadata.shape.map((size) => (size === "" ? OPEN : size));
  return { name: metadata.name, dtype: metadata.type, shape };
}
