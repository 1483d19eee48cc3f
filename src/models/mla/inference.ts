import { ConfigError } from "../../errors.ts";
import { type CompiledProgram, compile } from "../../tensor/compile.ts";
import { defineProgram } from "../../tensor/defineProgram.ts";
import type { DeviceChoice } from "../../tensor/device/Device.ts";
import { asFloat32, type HostTensor, specsOf } from "../../tensor/HostTensor.ts";
import { float32, type SpecTree, sizeOfShape, type TensorTree } from "../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { linear } from "../layers/Linear.ts";
import type { MlaConfig } from "./config.ts";
import { entropyFusion } from "./entropyFusion.ts";
import { encode, type MlaParams } from "./network.ts";

/** How a model answers. */
export interface MlaInferenceOptions {
  readonly config: MlaConfig;
  readonly params: MlaParams<HostTensor<"float32">>;
  /** By modality, from `fitTemperature`; 1 where not named. */
  readonly temperatures?: Readonly<Record<string, number>>;
  /** k of λ ∝ exp(−k e); 1 unless given. */
  readonly sharpness?: number;
  readonly device?: DeviceChoice;
  /** Threads on the CPU; 1 unless given. */
  readonly threads?: number;
}

/** What a model says of one moment. */
export interface MlaAnswer {
  /** [C] sums to 1; even where nothing is present. */
  readonly probabilities: Float32Array;
  /** By modality: λ, how much it counted; 0 where absent, 1 in sum. */
  readonly weights: Readonly<Record<string, number>>;
  /** By modality: its own probabilities [C], as calibrated; absent ones are left out. */
  readonly own: Readonly<Record<string, Float32Array>>;
}

type Program = CompiledProgram<SpecTree, TensorTree>;

/**
 * One moment in, one answer out, from whichever sensors there are: all encoders, head and fusion in one
 * compiled program, weights baked in.
 */
export class MlaInference implements AsyncDisposable {
  readonly config: MlaConfig;
  readonly #program: Program;

  private constructor(config: MlaConfig, program: Program) {
    this.config = config;
    this.#program = program;
  }

  /** @throws {ConfigError} If a modality has no weights or a temperature is not positive. */
  static async open(options: MlaInferenceOptions): Promise<MlaInference> {
    const { config, params, temperatures = {}, sharpness = 1 } = options;
    const { device = "cpu", threads = 1 } = options;
    const names = Object.keys(config.modalities);
    for (const name of names) {
      if (params.encoders[name] === undefined)
        throw new ConfigError("MlaInference", `expected weights of ${name}, got none`);
      if (!((temperatures[name] ?? 1) > 0))
        throw new ConfigError(
          "MlaInference",
          `temperature of ${name} must be > 0, got ${temperatures[name]}`,
        );
    }
    const program = defineProgram({
      name: "answer-mla",
      inputs: {
        params: specsOf(params) as SpecTree,
        x: Object.fromEntries(
          Object.entries(config.modalities).map(([name, { input }]) => [
            name,
            float32([1, ...input]),
          ]),
        ) as SpecTree,
        present: float32([names.length, 1]),
      },
      body: (inputs) => {
        // The trees were built from the configuration: their types are wider than what they hold.
        const {
          params: baked,
          x,
          present,
        } = inputs as unknown as {
          params: MlaParams<Tensor>;
          x: Readonly<Record<string, Tensor>>;
          present: Tensor;
        };
        const logits = Object.entries(config.modalities).flatMap(([name, encoder]) => {
          const [own, input] = [baked.encoders[name], x[name]];
          if (own === undefined || input === undefined) return [];
          const y = linear(baked.head, encode(encoder, own, input)); // [1, C]
          return [tf.div(y, temperatures[name] ?? 1)];
        });
        const stacked = tf.stack(logits); // [M, 1, C]
        const fused = entropyFusion(stacked, { present, sharpness });
        return {
          probabilities: tf.softmax(fused.logits),
          weights: fused.weights,
          own: tf.softmax(stacked),
        };
      },
    });
    const compiled = await compile(program, {
      device,
      threads,
      constants: { params: params as never },
    });
    return new MlaInference(config, compiled as unknown as Program);
  }

  /**
   * The answer of what is there.
   *
   * @param inputs By modality [...input] flat; a sensor that is absent is left out.
   * @throws {ConfigError} If a modality is not one of the model's.
   * @throws {ShapeError} If an input has another size.
   */
  async answer(inputs: Readonly<Record<string, Float32Array>>): Promise<MlaAnswer> {
    const { modalities, classes } = this.config;
    const names = Object.keys(modalities);
    for (const name of Object.keys(inputs))
      if (modalities[name] === undefined)
        throw new ConfigError("MlaInference", `expected one of ${names}, got ${name}`);
    const result = await this.#program.run({
      x: Object.fromEntries(
        Object.entries(modalities).map(([name, { input }]) => [
          name,
          inputs[name] ?? new Float32Array(sizeOfShape(input)),
        ]),
      ),
      present: Float32Array.from(names, (name) => (inputs[name] === undefined ? 0 : 1)),
    } as never);
    const read = (name: string): Float32Array =>
      asFloat32(`MlaInference.${name}`, result[name] as Float32Array);
    const [weights, own] = [read("weights"), read("own")];
    return {
      probabilities: read("probabilities"),
      weights: Object.fromEntries(names.map((name, m) => [name, weights[m] ?? 0])),
      own: Object.fromEntries(
        names.flatMap((name, m) =>
          inputs[name] === undefined ? [] : [[name, own.slice(m * classes, (m + 1) * classes)]],
        ),
      ),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.dispose();
  }
}
