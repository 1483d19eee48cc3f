import type { MlaConfig } from "../../../models/mla/config.ts";
import { compile } from "../../../tensor/compile.ts";
import { defineProgram } from "../../../tensor/defineProgram.ts";
import { asFloat32, type HostTensor, specsOf } from "../../../tensor/HostTensor.ts";
import { float32, type SpecTree, sizeOfShape } from "../../../tensor/TensorSpec.ts";
import type { Tensor } from "../../../tensor/tf.ts";
import type { Questions } from "./Answers.ts";
import { type JointParams, jointLogits, type Readout } from "./jointNet.ts";
import { blank } from "./trainJoint.ts";

const BATCH = 50;

/** Answers of a `concat` network to examples of which some inputs are missing. */
export class JointAnswerer implements AsyncDisposable {
  readonly #config: MlaConfig;
  readonly #run: (x: Record<string, Float32Array>, present: Float32Array) => Promise<Float32Array>;
  readonly #close: () => Promise<void>;

  private constructor(
    config: MlaConfig,
    run: (x: Record<string, Float32Array>, present: Float32Array) => Promise<Float32Array>,
    close: () => Promise<void>,
  ) {
    this.#config = config;
    this.#run = run;
    this.#close = close;
  }

  static async open(
    config: MlaConfig,
    readout: Readout,
    params: JointParams<HostTensor<"float32">>,
    threads: number,
  ): Promise<JointAnswerer> {
    const M = Object.keys(config.modalities).length;
    const program = defineProgram({
      name: `predict-joint/${readout}`,
      inputs: {
        params: specsOf(params) as SpecTree,
        x: Object.fromEntries(
          Object.entries(config.modalities).map(([name, { input }]) => [
            name,
            float32([BATCH, ...input]),
          ]),
        ) as SpecTree,
        present: float32([BATCH, M]),
      },
      body: ({ params: baked, x, present }) => ({
        // The trees were built from the configuration: their types are wider than what they hold.
        logits: jointLogits(config, readout, baked as unknown as JointParams<Tensor>, {
          x: x as Readonly<Record<string, Tensor>>,
          present,
        }),
      }),
    });
    const compiled = await compile(program, { threads, constants: { params: params as never } });
    return new JointAnswerer(
      config,
      async (x, present) =>
        asFloat32("JointAnswerer", (await compiled.run({ x, present } as never)).logits),
      () => compiled.dispose(),
    );
  }

  /**
   * @param present [N, M] 1 where an input is there; the others are set to 0 before they are shown.
   * @returns [N, C] logits, flat.
   */
  async answer({ labels, inputs }: Questions, present: ArrayLike<number>): Promise<Float32Array> {
    const { modalities, classes } = this.#config;
    const M = Object.keys(modalities).length;
    const out = new Float32Array(labels.length * classes);
    for (let start = 0; start < labels.length; start += BATCH) {
      const count = Math.min(BATCH, labels.length - start);
      const there = Float32Array.from({ length: BATCH * M }, (_, i) => present[start * M + i] ?? 0);
      const x: Record<string, Float32Array> = {};
      Object.entries(modalities).forEach(([name, { input }], m) => {
        const size = sizeOfShape(input);
        const piece = new Float32Array(BATCH * size);
        piece.set(inputs[name]?.subarray(start * size, (start + count) * size) ?? []);
        blank(piece, there, M, m);
        x[name] = piece;
      });
      const logits = await this.#run(x, there);
      out.set(logits.subarray(0, count * classes), start * classes);
    }
    return out;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
