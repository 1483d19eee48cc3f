import type { LinearParams } from "../../../models/layers/Linear.ts";
import type { MlaConfig } from "../../../models/mla/config.ts";
import type { MlaTrainer } from "../../../models/mla/method.ts";
import type { MlaParams } from "../../../models/mla/network.ts";
import { type EncoderParams, encode } from "../../../models/mla/network.ts";
import { type CompiledProgram, compile } from "../../../tensor/compile.ts";
import { defineProgram } from "../../../tensor/defineProgram.ts";
import { asFloat32, type HostTensor, specsOf } from "../../../tensor/HostTensor.ts";
import { float32, type SpecTree, type TensorTree } from "../../../tensor/TensorSpec.ts";
import type { Tensor } from "../../../tensor/tf.ts";
import type { Questions } from "./Answers.ts";

type Host = HostTensor<"float32">;
type Program = CompiledProgram<SpecTree, TensorTree>;

/**
 * Measures what the step of one modality does to the others: the change of their loss on examples that
 * are not learnt from, in nats, through the head before and after the step. Their encoders stand still
 * meanwhile, so all of it is the head's.
 *
 * Pass `onStep` to `trainMla`; a stretch of steps at each tenth of the run is measured.
 */
export class ForgettingProbe implements AsyncDisposable {
  readonly #config: MlaConfig;
  readonly #probe: Questions;
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #sums = new Map<string, { change: number; steps: number }>();
  readonly #every: number;
  #step = 0;
  #before: { head: LinearParams<Host>; features: ReadonlyMap<string, Float32Array> } | undefined;

  private constructor(
    config: MlaConfig,
    probe: Questions,
    every: number,
    programs: ReadonlyMap<string, Program>,
  ) {
    this.#config = config;
    this.#probe = probe;
    this.#every = every;
    this.#programs = programs;
  }

  /**
   * @param probe Examples of all modalities.
   * @param every A step in so many is measured.
   */
  static async open(
    config: MlaConfig,
    params: MlaParams<Host>,
    probe: Questions,
    every: number,
  ): Promise<ForgettingProbe> {
    const programs = new Map<string, Program>();
    for (const [name, encoder] of Object.entries(config.modalities)) {
      const weights = params.encoders[name];
      if (weights === undefined) continue;
      const program = defineProgram({
        name: `features-mla/${name}`,
        inputs: {
          encoder: specsOf(weights) as SpecTree,
          x: float32([probe.labels.length, ...encoder.input]),
        },
        body: ({ encoder: own, x }) => ({
          // The tree was built from the configuration: its type is wider than what it holds.
          features: encode(encoder, own as unknown as EncoderParams<Tensor>, x),
        }),
      });
      programs.set(name, (await compile(program)) as unknown as Program);
    }
    return new ForgettingProbe(config, probe, every, programs);
  }

  /** For `trainMla`. */
  readonly onStep = async (
    when: "before" | "after",
    modality: string,
    trainer: MlaTrainer,
  ): Promise<void> => {
    if (when === "before") {
      this.#before = undefined;
      if (this.#step++ % this.#every !== 0) return;
      const { encoders } = await trainer.readParams();
      const features = new Map<string, Float32Array>();
      for (const [name, program] of this.#programs) {
        if (name === modality) continue;
        const result = await program.run({
          encoder: encoders[name],
          x: this.#probe.inputs[name],
        } as never);
        features.set(name, asFloat32("ForgettingProbe", result["features"] as Float32Array));
      }
      this.#before = { head: trainer.head, features };
      return;
    }
    if (this.#before === undefined) return;
    const { head, features } = this.#before;
    for (const [name, own] of features) {
      const change = this.#loss(trainer.head, own) - this.#loss(head, own);
      const sum = this.#sums.get(name) ?? { change: 0, steps: 0 };
      this.#sums.set(name, { change: sum.change + change, steps: sum.steps + 1 });
    }
  };

  /** By modality: mean change of its loss in a step of another one, in nats; above 0 is forgetting. */
  get changes(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#sums].map(([name, { change, steps }]) => [name, change / steps]),
    );
  }

  /** Cross-entropy of the probe through a head, in double precision: the changes are small. */
  #loss({ weight, bias }: LinearParams<Host>, features: Float32Array): number {
    const { width, classes } = this.#config;
    const { labels } = this.#probe;
    let sum = 0;
    for (const [row, label] of labels.entries()) {
      const logits = Array.from({ length: classes }, (_, c) => {
        let y = bias.data[c] ?? 0;
        for (let i = 0; i < width; i++)
          y += (features[row * width + i] ?? 0) * (weight.data[i * classes + c] ?? 0);
        return y;
      });
      const largest = Math.max(...logits);
      const mass = logits.reduce((total, y) => total + Math.exp(y - largest), 0);
      sum += largest + Math.log(mass) - (logits[label] ?? 0);
    }
    return sum / labels.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs.values()) await program.dispose();
  }
}
