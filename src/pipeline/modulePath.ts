import { fileURLToPath } from "node:url";

/**
 * Where a module that lies beside a pipeline's source is, whether the sources or the build run: for a
 * `SensorPlan` whose kind is a pipeline's own.
 *
 * @param from `import.meta.url` of the pipeline's file.
 * @param path Relative to that file, without extension.
 */
export function modulePath(from: string, path: string): string {
  const extension = from.endsWith(".ts") ? ".ts" : ".js";
  return fileURLToPath(new URL(path + extension, from));
}
