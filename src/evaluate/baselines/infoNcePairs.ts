import { Trainer } from "../../learn/Trainer.ts";
import type { CmgEncoder } from "../../models/cmg/config.ts";
import { frameContrast } from "../../models/cmg/losses/contrast.ts";
import {
  encodeSemantic,
  initSemantic,
  type SemanticParams,
} from "../../models/cmg/semanticEncoder.ts";
import { compile } from "../../tensor/compile.ts";
import { defineProgram } from "../../tensor/defineProgram.ts";
import { asFloat32, type HostTensor, type HostTree, specsOf } from "../../tensor/HostTensor.ts";
import { Rng } from "../../tensor/Rng.ts";
import { float32, type SpecTree } from "../../tensor/TensorSpec.ts";
import type { Tensor } from "../../tensor/tf.ts";

type Host = HostTensor<"float32">;

/** What the baseline is trained on. */
export interface InfoNceOptions {
  /** Two or more, with numbers per frame. */
  readonly modalities: readonly { readonly name: string; readonly size: number }[];
  readonly encoder: CmgEncoder;
  readonly dim: number;
  readonly batch: number;
  readonly frames: number;
  readonly temperature: number;
  readonly steps: number;
  /** Peak of the cosine that the learning rate falls along. */
  readonly rate: number;
  readonly seed: number;
  readonly threads: number;
  /** [B, T, size] flat per modality. */
  readonly draw: (rng: Rng) => { readonly [modality: string]: Float32Array };
}

/** Encoders into a common space. */
export interface InfoNceModel {
  /** Encodes frames one by one: [N · size] → [N · dim]. */
  encode(modality: string, rows: Float32Array): Promise<Float32Array>;
}

const ENCODE_ROWS = 1024;

/**
 * Encoders of the same shape as CMG's that learn by the same-frame contrast alone: no codes, no
 * reconstruction, no prediction. What is left when CMG's own parts are taken away.
 *
 * Radford et al. 2021 (CLIP), arXiv:2103.00020, with our frame-wise negatives.
 */
export async function trainInfoNcePairs(options: InfoNceOptions): Promise<InfoNceModel> {
  const { modalities, encoder, dim, batch, frames, temperature, steps, seed, threads } = options;
  const rng = Rng.fromSeed(seed);
  const weights = rng.fork("weights");
  const initial: { [name: string]: SemanticParams<Host> } = Object.fromEntries(
    modalities.map(({ name, size }) => [
      name,
      initSemantic(() => weights.uniform(), encoder, size, dim),
    ]),
  );
  await using trainer = await Trainer.open({
    name: "train-info-nce",
    params: initial as unknown as HostTree,
    batch: Object.fromEntries(
      modalities.map(({ name, size }) => [name, float32([batch, frames, size])]),
    ) as SpecTree,
    threads,
    loss: (params, x) => {
      const z = modalities.map(
        ({ name }) =>
          encodeSemantic(
            params[name] as unknown as SemanticParams<Tensor>,
            encoder,
            x[name] as unknown as Tensor,
          ).z,
      );
      const losses = z.flatMap((a, at) =>
        z.slice(at + 1).map((b) => frameContrast(a, b, temperature)),
      );
      return { loss: losses.reduce((total, loss) => total.add(loss)) };
    },
  });
  const batches = rng.fork("batches");
  for (let step = 0; step < steps; step++)
    await trainer.step(
      options.draw(batches) as never,
      (options.rate * (1 + Math.cos((Math.PI * step) / steps))) / 2,
    );
  const trained = (await trainer.readParams()) as unknown as typeof initial;
  return {
    async encode(modality, rows) {
      const size = modalities.find(({ name }) => name === modality)?.size ?? 0;
      return encodeRows(trained[modality] as unknown as HostTree, encoder, rows, size, dim);
    },
  };
}

async function encodeRows(
  params: HostTree,
  encoder: CmgEncoder,
  rows: Float32Array,
  size: number,
  dim: number,
): Promise<Float32Array> {
  const program = defineProgram({
    name: "encode-info-nce",
    inputs: { params: specsOf(params) as SpecTree, x: float32([ENCODE_ROWS, 1, size]) },
    body: (inputs) => ({
      z: encodeSemantic(inputs.params as unknown as SemanticParams<Tensor>, encoder, inputs.x).z,
    }),
  });
  await using compiled = await compile(program, { constants: { params } as never });
  const count = rows.length / size;
  const out = new Float32Array(count * dim);
  for (let first = 0; first < count; first += ENCODE_ROWS) {
    const held = Math.min(ENCODE_ROWS, count - first);
    const x = new Float32Array(ENCODE_ROWS * size);
    x.set(rows.subarray(first * size, (first + held) * size));
    const { z } = (await compiled.run({ x } as never)) as { z: Float32Array };
    out.set(asFloat32("z", z).subarray(0, held * dim), first * dim);
  }
  return out;
}
