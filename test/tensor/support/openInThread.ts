/** Opens a model on the main thread or in a worker, as told, and says what of this process lies about then. */
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";

import { createInference } from "../../../src/models/unified/inference.ts";
import { decodeWeights } from "../../../src/models/unified/weights.ts";
import { Stage } from "../../../src/stage/Stage.ts";
import { tinyWeights } from "../../support/tinyModel.ts";

const name = "tiny.safetensors";
const opened =
  process.argv[2] === "worker"
    ? await Stage.open({ name, weights: tinyWeights(), device: "cpu", threads: 1, capacity: 4 })
    : await createInference(decodeWeights(tinyWeights()));
const folders = new Set([tmpdir(), "/tmp", process.cwd()]);
const left = [...folders].flatMap((folder) => {
  const names = readdirSync(folder);
  return names.filter((found) => found === `mat-debug-${process.pid}.log`);
});
process.stdout.write(JSON.stringify({ left, telemetry: process.env["ORT_DISABLE_TELEMETRY"] }));
await opened[Symbol.asyncDispose]();
