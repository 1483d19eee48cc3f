// `npm start`: builds if the build is missing or older than the sources, then runs the command line.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const entry = join(root, "dist/src/cli/main.js");

/** When the newest file below the folders was changed, in ms since the Unix epoch. */
function newest(...folders) {
  return Math.max(
    0,
    ...folders
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, withFileTypes: true }),
      )
      .filter((file) => file.isFile() && /\.(tsx?|css|html)$/.test(file.name))
      .map((file) => statSync(join(file.parentPath, file.name)).mtimeMs),
  );
}

const canBuild = existsSync(join(root, "node_modules/typescript/bin/tsc"));
const stamp = join(root, "dist/.built");
const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
if (canBuild && newest("src", "pipelines", "sensors", "dashboards") > built)
  await import("./build.mjs");
if (!existsSync(entry)) {
  process.stderr.write("sensorium is not built, and what builds it is not installed: run npm ci\n");
  process.exit(1);
}
await import(entry);
