import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { ConfigError } from "../errors.ts";
import type { Study } from "./Study.ts";

const FOLDER = new URL("./studies/", import.meta.url);
const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/** Names of the studies that exist: the folders of `studies/` with a `study.ts`. */
export function studyNames(): string[] {
  const folder = fileURLToPath(FOLDER);
  return (existsSync(folder) ? readdirSync(folder) : []).filter((name) =>
    existsSync(moduleOf(name)),
  );
}

/** Address of the module that exports a study. */
export function moduleOf(name: string): URL {
  return new URL(`${name}/study${EXTENSION}`, FOLDER);
}

/**
 * The study that a module exports as `study`.
 *
 * @throws {ConfigError} If it exports none.
 */
export async function loadStudy(module: string | URL): Promise<Study> {
  const exported: Record<string, unknown> = await import(String(module));
  const study = exported["study"];
  if (typeof study !== "object" || study === null || !("trials" in study))
    throw new ConfigError("loadStudy", `expected ${String(module)} to export study, got none`);
  return study as Study;
}
