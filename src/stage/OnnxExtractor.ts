import { ModelError, ShapeError } from "../errors.ts";
import { asFloat32, hostTensor } from "../tensor/HostTensor.ts";
import { type ModelPort, OnnxModel } from "../tensor/OnnxModel.ts";

/**
 * A model file from elsewhere between a stream's own features and the pipeline's model: one float32
 * tensor in, one out, each seen as a flat vector.
 *
 * Open dimensions of its input: a single one takes whatever is left over; of several, all but the last
 * are 1. It runs where the stage runs, so it never blocks the pipeline's own thread.
 */
export class OnnxExtractor implements AsyncDisposable {
  readonly #where: string;
  readonly #model: OnnxModel;
  readonly #input: ModelPort;
  readonly #output: string;

  private constructor(where: string, model: OnnxModel, input: ModelPort, output: string) {
    this.#where = where;
    this.#model = model;
    this.#input = input;
    this.#output = output;
  }

  /**
   * Opens the bytes of an `.onnx` file.
   *
   * @param stream The stream whose features it takes; for messages.
   * @throws {ModelError} If the bytes are no model, or it has not one float32 input and at least one
   *   float32 output; the first output counts.
   */
  static async open(stream: string, bytes: Uint8Array): Promise<OnnxExtractor> {
    const where = `extractor of stream ${stream}`;
    const model = await OnnxModel.open(where, bytes);
    const [input, ...others] = model.inputs;
    const [output] = model.outputs;
    if (input?.dtype !== "float32" || others.length > 0 || output?.dtype !== "float32") {
      const got = `${model.inputs.map(portText).join(", ")} to ${model.outputs.map(portText).join(", ")}`;
      await model.dispose();
      throw new ModelError(where, `expected one float32 input and a float32 output, got ${got}`);
    }
    return new OnnxExtractor(where, model, input, output.name);
  }

  /**
   * @param features A row of the stream's own extractor.
   * @returns What the pipeline's model sees of it.
   * @throws {ShapeError} If there are more or fewer numbers than the file takes.
   */
  async extract(features: Float32Array): Promise<Float32Array> {
    const shape = this.#shapeFor(features.length);
    const outputs = await this.#model.run({ [this.#input.name]: hostTensor(features, shape) });
    const { data } = outputs[this.#output] ?? { data: new Float32Array(0) };
    return asFloat32(this.#where, data);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#model.dispose();
  }

  /** The input's shape with its open dimensions filled in. */
  #shapeFor(length: number): number[] {
    const { shape } = this.#input;
    const last = shape.findLastIndex((size) => typeof size === "string");
    const known = shape.reduce<number>(
      (all, size) => all * (typeof size === "number" ? size : 1),
      1,
    );
    const left = length / known;
    if (!Number.isInteger(left) || (last < 0 && left !== 1))
      throw new ShapeError(
        this.#where,
        `expected features that fill ${portText(this.#input)}, got ${length} of them`,
      );
    return shape.map((size, axis) => (typeof size === "number" ? size : axis === last ? left : 1));
  }
}

function portText({ name, dtype, shape }: ModelPort): string {
  return `"${name}" ${dtype}[${shape.join(", ")}]`;
}
