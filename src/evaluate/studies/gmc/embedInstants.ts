import { GmcEncoder, type GmcModel } from "../../../models/gmc/GmcEncoder.ts";
import { type HostTensor, hostTensor } from "../../../tensor/HostTensor.ts";
import { allRows, type InstantEmbeddings, type InstantInputs, type Instants } from "./GmcTask.ts";

/** Rows per run of the encoders. */
const ROWS = 100;

/** The joint's embeddings and every modality's, of all instants of a split as they are. */
export async function embedInstants(
  model: GmcModel,
  { inputs, count }: Instants,
  threads: number,
): Promise<InstantEmbeddings> {
  await using encoder = new GmcEncoder(model, { batch: ROWS, threads });
  const known = only(model, inputs(allRows(count)));
  const modalities: Record<string, HostTensor<"float32">> = {};
  for (const [name, x] of Object.entries(known)) modalities[name] = await encoder.modality(name, x);
  return { joint: await encoder.joint(known), modalities };
}

/** The joint's embeddings alone; in pieces, so that many instants need little memory. */
export async function embedJoint(
  model: GmcModel,
  { inputs, count }: Instants,
  threads: number,
): Promise<InstantEmbeddings["joint"]> {
  await using encoder = new GmcEncoder(model, { batch: ROWS, threads });
  const size = model.config.head.embedding;
  const z = new Float32Array(count * size);
  for (let from = 0; from < count; from += ROWS) {
    const rows = allRows(Math.min(ROWS, count - from)).map((row) => from + row);
    z.set((await encoder.joint(only(model, inputs(rows)))).data, from * size);
  }
  return hostTensor(z, [count, size]);
}

/** The inputs that a model knows, in its order. */
function only({ config }: GmcModel, inputs: InstantInputs): InstantInputs {
  return Object.fromEntries(
    config.modalities.flatMap(({ name }) => {
      const x = inputs[name];
      return x === undefined ? [] : [[name, x]];
    }),
  );
}
