import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Full path of the first of `names` that can be run, searched as a shell would; else undefined. */
export function findProgram(...names: readonly string[]): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  for (const name of names)
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here: look on.
      }
    }
  return undefined;
}
