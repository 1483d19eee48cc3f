import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { ModelError } from "../errors.ts";
import { exportStages } from "../models/unified/exportStages.ts";
import { type DecodedWeights, decodeWeights } from "../models/unified/weights.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { textTable } from "./textTable.ts";

/**
 * Writes a pipeline's model as plain ONNX files.
 *
 * @param out Folder for them; made where it is not there.
 * @throws {ModelError} If there are no weights, or they cannot be read.
 */
export async function exportModel(
  name: string,
  out: string,
  flags: { readonly weights?: string; readonly json?: true },
): Promise<void> {
  const { json } = flags;
  const definition = await loadPipeline(name);
  const file = flags.weights ?? fileURLToPath(definition.model.weights);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new ModelError("export", `expected weights at ${file}, got none`, { cause });
  });
  const weights = weightsIn(bytes, file, definition.name);
  const files = exportStages(weights);
  await mkdir(out, { recursive: true });
  for (const [stage, content] of Object.entries(files)) await writeFile(join(out, stage), content);
  const sizes = Object.fromEntries(
    Object.entries(files).map(([stage, content]) => [stage, content.length]),
  );
  if (json) {
    process.stdout.write(`${JSON.stringify({ out, version: weights.version, files: sizes })}\n`);
    return;
  }
  const rows = Object.entries(sizes).map(([stage, size]) => [stage, String(size)]);
  for (const line of textTable([{ title: "file" }, { title: "bytes", align: "right" }], rows))
    process.stdout.write(`${line}\n`);
}

/** @throws {ModelError} If the file holds no such weights; named by the file, which the decoder does not know. */
function weightsIn(bytes: Uint8Array, file: string, name: string): DecodedWeights {
  try {
    return decodeWeights(bytes, name);
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    throw new ModelError(file, `expected a model's weights, got others: ${cause.message}`, {
      cause,
    });
  }
}
