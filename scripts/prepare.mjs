// Builds after `npm ci`. Without the development dependencies there is nothing to build with, and that is fine.
import { existsSync } from "node:fs";

if (existsSync(new URL("../node_modules/typescript/bin/tsc", import.meta.url))) {
  await import("./build.mjs");
}
