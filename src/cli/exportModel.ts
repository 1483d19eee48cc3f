import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { ModelError } from "../errors.ts";
import { exportStages } from "../models/unified/exportStages.ts";
import { decodeWeights } from "../models/unified/weights.ts";
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
  const weights = decodeWeights(bytes, definition.name);
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
