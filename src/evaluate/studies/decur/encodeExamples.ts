import { ConfigError } from "../../../errors.ts";
import { type DecurConfig, featureSize, inputShape } from "../../../models/decur/config.ts";
import {
  type DecurParams,
  type DecurState,
  embedFeatures,
  encodeModality,
} from "../../../models/decur/method.ts";
import { compile } from "../../../tensor/compile.ts";
import { defineProgram } from "../../../tensor/defineProgram.ts";
import { asFloat32, type HostTensor, hostTensor, specsOf } from "../../../tensor/HostTensor.ts";
import { float32 } from "../../../tensor/TensorSpec.ts";
import type { Tensor } from "../../../tensor/tf.ts";
import type { Examples } from "../../Examples.ts";
import type { Pretrained } from "./pretrain.ts";

/** What a frozen model says of every example of one modality. */
export interface Encoded {
  /** [N, d] */
  readonly features: HostTensor<"float32">;
  /** [N, K] standardised embeddings, common dimensions first. */
  readonly embeddings: HostTensor<"float32">;
}

const ROWS = 64;

/** Features and embeddings of all examples, by modality. No view is drawn, nothing is learnt. */
export async function encodeExamples(
  { config, params, state }: Pretrained,
  examples: Examples,
  threads: number,
): Promise<Readonly<Record<string, Encoded>>> {
  const all = await Promise.all(
    config.modalities.map(async ({ name }) => [
      name,
      await encodeOne(config, name, params, state, examples, threads),
    ]),
  );
  return Object.fromEntries(all);
}

async function encodeOne(
  config: DecurConfig,
  name: string,
  params: DecurParams<HostTensor<"float32">>,
  state: DecurState<HostTensor<"float32">>,
  examples: Examples,
  threads: number,
): Promise<Encoded> {
  const encoder = config.modalities.find((each) => each.name === name)?.encoder;
  const input = examples.inputs[name];
  if (encoder === undefined || input === undefined)
    throw new ConfigError("encodeExamples", `expected the modality ${name}, got none`);
  const shape = inputShape(encoder);
  const weights = { params, running: { running: state.running } };
  const program = defineProgram({
    name: `decur-encode-${name}`,
    inputs: { weights: specsOf(weights), x: float32([ROWS, ...shape]) },
    body: ({ weights: given, x }) => {
      const { params: own, running } = given as unknown as {
        params: DecurParams<Tensor>;
        running: DecurState<Tensor>;
      };
      const features = encodeModality(config, own, name, x as Tensor);
      return { features, embeddings: embedFeatures(config, own, running, name, features) };
    },
  });
  await using compiled = await compile(program, { constants: { weights } as never, threads });
  const size = input.data.length / examples.count;
  const [d, K] = [featureSize(encoder), config.projector.dimensions];
  const features = new Float32Array(examples.count * d);
  const embeddings = new Float32Array(examples.count * K);
  for (let from = 0; from < examples.count; from += ROWS) {
    const rows = Math.min(ROWS, examples.count - from);
    const x = new Float32Array(ROWS * size);
    x.set(input.data.subarray(from * size, (from + rows) * size));
    const out = (await compiled.run({ x } as never)) as Record<keyof Encoded, Float32Array>;
    features.set(asFloat32(name, out.features).subarray(0, rows * d), from * d);
    embeddings.set(asFloat32(name, out.embeddings).subarray(0, rows * K), from * K);
  }
  return {
    features: hostTensor(features, [examples.count, d]),
    embeddings: hostTensor(embeddings, [examples.count, K]),
  };
}

/** [N, Σ columns] of some matrices, side by side. */
export function sideBySide(matrices: readonly HostTensor<"float32">[]): HostTensor<"float32"> {
  const rows = matrices[0]?.shape[0] ?? 0;
  const widths = matrices.map(({ data }) => data.length / Math.max(rows, 1));
  const width = widths.reduce((sum, each) => sum + each, 0);
  const out = new Float32Array(rows * width);
  let at = 0;
  for (const [i, { data }] of matrices.entries()) {
    const own = widths[i] ?? 0;
    for (let row = 0; row < rows; row++)
      out.set(data.subarray(row * own, (row + 1) * own), row * width + at);
    at += own;
  }
  return hostTensor(out, [rows, width]);
}
