import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { ConfigError } from "../errors.ts";
import type { PipelineDefinition } from "../pipeline/definePipeline.ts";
import { codeRoot, packageRoot } from "./packageRoot.ts";

/** Names of the pipelines that exist: the folders of `pipelines/` with a `pipeline.ts`. */
export function pipelineNames(): string[] {
  const folder = join(packageRoot(), "pipelines");
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, "pipeline.ts")));
}

/**
 * Imports a module of a pipeline's folder.
 *
 * @param pipeline Name of its folder, or a path `pipelines/<name>`.
 * @param file Path within it, without extension.
 * @throws {ConfigError} If there is no such pipeline or it has no such file.
 */
export async function importFromPipeline(
  pipeline: string,
  file: string,
): Promise<Readonly<Record<string, unknown>>> {
  const name = pipeline.replace(/^(?:\.\/)?pipelines\//, "").replace(/\/$/, "");
  const known = pipelineNames();
  if (!known.includes(name))
    throw new ConfigError("pipeline", `expected one of ${known.join(", ")}, got ${pipeline}`);
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const path = join(codeRoot(), "pipelines", name, file + extension);
  if (!existsSync(path))
    throw new ConfigError(`pipeline ${name}`, `expected a file ${file}.ts in its folder, got none`);
  return import(pathToFileURL(path).href);
}

/**
 * The definition in `pipelines/<name>/pipeline.ts`.
 *
 * @throws {ConfigError} If there is none.
 */
export async function loadPipeline(pipeline: string): Promise<PipelineDefinition> {
  const { default: definition } = await importFromPipeline(pipeline, "pipeline");
  if (typeof definition !== "object" || definition === null || !("streams" in definition))
    throw new ConfigError(
      `pipeline ${pipeline}`,
      "expected pipeline.ts to export the result of definePipeline as its default",
    );
  return definition as PipelineDefinition;
}
