import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the nearest `package.json` above this file: the same from the sources and the build. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** Folder that holds the code that runs: `dist` in a build, the package itself from the sources. */
export function codeRoot(): string {
  return import.meta.url.endsWith(".ts") ? packageRoot() : join(packageRoot(), "dist");
}
