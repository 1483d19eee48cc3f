import { ConfigError, ShapeError } from "../../errors.ts";
import { padRows } from "../../tensor/BatchBuckets.ts";
import { type CompiledProgram, compile } from "../../tensor/compile.ts";
import { defineProgram } from "../../tensor/defineProgram.ts";
import type { DeviceChoice } from "../../tensor/device/Device.ts";
import { asFloat32, type HostTensor, specsOf } from "../../tensor/HostTensor.ts";
import { float32, type SpecTree, type TensorTree } from "../../tensor/TensorSpec.ts";
import type { Tensor } from "../../tensor/tf.ts";
import { type LinearParams, linear } from "../layers/Linear.ts";
import type { MlaConfig } from "./config.ts";
import { type EncoderParams, encode, type MlaParams } from "./network.ts";

type Host = HostTensor<"float32">;

/** What a predictor is made of. */
export interface MlaPredictorOptions {
  readonly config: MlaConfig;
  readonly params: MlaParams<Host>;
  /** Rows per run; what is asked for is cut into such pieces, the last one filled up. 64 if not given. */
  readonly batch?: number;
  readonly device?: DeviceChoice;
  /** Threads on the CPU; 1 unless given. */
  readonly threads?: number;
}

/** What one modality says by itself. */
export interface UnimodalAnswers {
  /** [N, C] flat. */
  readonly logits: Float32Array;
  /** [N, s] flat. */
  readonly features: Float32Array;
}

type Program = CompiledProgram<{ readonly x: SpecTree[string] }, TensorTree>;

/**
 * Each modality's own answer, by its compiled encoder and the shared head; weights are baked in.
 *
 * Fuse the answers with `entropyFusion`. No modality reads another one, so an absent one changes
 * nothing but the fusion.
 */
export class MlaPredictor implements AsyncDisposable {
  readonly config: MlaConfig;
  readonly #batch: number;
  readonly #programs: ReadonlyMap<string, Program>;

  private constructor(config: MlaConfig, batch: number, programs: ReadonlyMap<string, Program>) {
    this.config = config;
    this.#batch = batch;
    this.#programs = programs;
  }

  /** @throws {ConfigError} If a modality has no weights. */
  static async open(options: MlaPredictorOptions): Promise<MlaPredictor> {
    const { config, params, batch = 64, device = "cpu", threads = 1 } = options;
    const programs = new Map<string, Program>();
    for (const [modality, encoder] of Object.entries(config.modalities)) {
      const weights = params.encoders[modality];
      if (weights === undefined)
        throw new ConfigError("MlaPredictor", `expected weights of ${modality}, got none`);
      const own = { encoder: weights, head: params.head };
      const program = defineProgram({
        name: `predict-mla/${modality}`,
        inputs: {
          params: specsOf(own) as SpecTree,
          x: float32([batch, ...encoder.input]),
        },
        body: (inputs): TensorTree => {
          // The tree was built from the configuration: its type is wider than what it holds.
          const { params: baked, x } = inputs as unknown as {
            params: { encoder: EncoderParams<Tensor>; head: LinearParams<Tensor> };
            x: Tensor;
          };
          const features = encode(encoder, baked.encoder, x);
          return { logits: linear(baked.head, features), features };
        },
      });
      const compiled = await compile(program, {
        device,
        threads,
        constants: { params: own as never },
      });
      programs.set(modality, compiled as unknown as Program);
    }
    return new MlaPredictor(config, batch, programs);
  }

  /**
   * The answers of one modality to any number of examples.
   *
   * @param x [N, ...input] flat.
   * @throws {ConfigError} If there is no such modality.
   * @throws {ShapeError} If `x` is not a whole number of examples.
   */
  async predict(modality: string, x: Float32Array): Promise<UnimodalAnswers> {
    const program = this.#programs.get(modality);
    const encoder = this.config.modalities[modality];
    if (program === undefined || encoder === undefined)
      throw new ConfigError("MlaPredictor", `expected a modality of the model, got ${modality}`);
    const size = encoder.input.reduce((product, side) => product * side, 1);
    const rows = x.length / size;
    if (!Number.isInteger(rows))
      throw new ShapeError("MlaPredictor", `expected examples of ${size} numbers, got ${x.length}`);
    const { width, classes } = this.config;
    const logits = new Float32Array(rows * classes);
    const features = new Float32Array(rows * width);
    for (let start = 0; start < rows; start += this.#batch) {
      const count = Math.min(this.#batch, rows - start);
      const piece = x.subarray(start * size, (start + count) * size);
      const fed = count === this.#batch ? piece : padRows(piece, count, this.#batch);
      const result = await program.run({ x: fed } as never);
      const take = (name: string, per: number): Float32Array =>
        asFloat32(`MlaPredictor.${name}`, result[name] as Float32Array).subarray(0, count * per);
      logits.set(take("logits", classes), start * classes);
      features.set(take("features", width), start * width);
    }
    return { logits, features };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs.values()) await program.dispose();
  }
}
