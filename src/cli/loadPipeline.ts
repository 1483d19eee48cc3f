import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { ConfigError } from "../errors.ts";
import type { PipelineDefinition } from "../pipeline/definePipeline.ts";
import { closest } from "./closest.ts";
import { codeRoot, packageRoot } from "./packageRoot.ts";

/** What a pipeline's file may be called where it lies outside this package. */
const EXTENSIONS = [".ts", ".mts", ".mjs", ".js"];

/** Names of the pipelines that exist: the folders of `pipelines/` with a `pipeline.ts`. */
export function pipelineNames(): string[] {
  return namesIn(join(packageRoot(), "pipelines"));
}

/** Whether this names a pipeline, of the reader's own or of the package. */
export function isPipeline(name: string): boolean {
  return ownFolder(name) !== undefined || pipelineNames().includes(pipelineName(name));
}

/**
 * Imports a module of a pipeline's folder.
 *
 * Folders of the reader's own come first: `claps` and `pipelines/claps` are looked for below the current
 * folder, any other path is taken as it is; then the pipelines that come with the package.
 *
 * @param pipeline Name of its folder, or a path.
 * @param file Path within it, without extension.
 * @throws {ConfigError} If there is no such pipeline or it has no such file.
 */
export async function importFromPipeline(
  pipeline: string,
  file: string,
): Promise<Readonly<Record<string, unknown>>> {
  const own = ownFolder(pipeline);
  if (own !== undefined) return importOwn(own, file);
  const name = pipelineName(pipeline);
  const known = pipelineNames();
  if (!known.includes(name)) {
    const meant = closest(name, known);
    const help = meant === undefined ? "; sensorium init makes one" : `: is ${meant} meant?`;
    throw new ConfigError(
      "pipeline",
      `expected one of ${known.join(", ")} or a folder with a pipeline.ts, got ${pipeline}${help}`,
    );
  }
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

/** `claps` of `claps`, `pipelines/claps/` and `./pipelines/claps`. */
function pipelineName(pipeline: string): string {
  return pipeline.replace(/^(?:\.\/)?pipelines\//, "").replace(/\/$/, "");
}

/** The folder of a pipeline that does not come with this package; undefined where there is none. */
function ownFolder(pipeline: string): string | undefined {
  const shipped = join(packageRoot(), "pipelines");
  return [resolve(pipeline), resolve("pipelines", pipelineName(pipeline))].find(
    (folder) => resolve(folder, "..") !== shipped && definitionIn(folder, "pipeline") !== undefined,
  );
}

async function importOwn(folder: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  const path = definitionIn(folder, file);
  if (path === undefined)
    throw new ConfigError(
      `pipeline ${basename(folder)}`,
      `expected a file ${file}.ts in ${folder}, got none`,
    );
  if (/\.m?ts$/.test(path)) await readTypeScript(path);
  try {
    return await import(pathToFileURL(path).href);
  } catch (cause) {
    const problem = loadProblem(cause);
    // What its own code throws is told with the stack: whoever wrote it needs that.
    if (problem === undefined) throw cause;
    throw new ConfigError(path, `expected a module that loads, got ${problem}`, { cause });
  }
}

/** What keeps a module from being read, or what it imports from being found; undefined for any other error. */
function loadProblem(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const lines = cause.message.trim().split("\n");
  // esbuild counts its errors in the first line.
  if (cause.name === "TransformError") return lines[1] ?? lines[0];
  if (cause.name === "SyntaxError" || /MODULE_NOT_FOUND$/.test(String(Reflect.get(cause, "code"))))
    return lines[0];
  return undefined;
}

/**
 * Lets this process import TypeScript.
 *
 * @throws {ConfigError} If neither Node.js nor an installed tsx can.
 */
async function readTypeScript(path: string): Promise<void> {
  // Node.js 22.18 and newer read it by themselves; run from the sources we are within tsx already.
  if (Reflect.get(process.features, "typescript") || import.meta.url.endsWith(".ts")) return;
  try {
    const found = createRequire(import.meta.url).resolve("tsx/esm/api");
    const { register } = await import(pathToFileURL(found.replace(/\.cjs$/, ".mjs")).href);
    register();
  } catch (cause) {
    throw new ConfigError(
      path,
      "expected Node.js 22.18 or newer (or tsx installed) for TypeScript, got neither: " +
        "update Node.js, or name the file pipeline.mjs if it has no types in it",
      { cause },
    );
  }
}

function definitionIn(folder: string, file: string): string | undefined {
  return EXTENSIONS.map((extension) => join(folder, file + extension)).find(existsSync);
}

function namesIn(folder: string): string[] {
  return readdirSync(folder).filter(
    (name) =>
      statSync(join(folder, name)).isDirectory() && existsSync(join(folder, name, "pipeline.ts")),
  );
}
