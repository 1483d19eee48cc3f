// Compiles the sources and bundles the browser applications into dist/.
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs one tool of node_modules and ends the build with its status if it fails. */
function tool(script, ...args) {
  const { status } = spawnSync(process.execPath, [`node_modules/${script}`, ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}

tool("typescript/bin/tsc", "-p", "tsconfig.build.json");
if (existsSync(new URL("../node_modules/vite/bin/vite.js", import.meta.url))) {
  for (const name of ["live", "join"])
    tool(
      "vite/bin/vite.js",
      "build",
      `dashboards/${name}`,
      "--outDir",
      `../../dist/dashboards/${name}`,
      "--emptyOutDir",
      "--logLevel",
      "warn",
    );
}

// Its time tells `npm start` whether the sources have changed since.
writeFileSync(new URL("../dist/.built", import.meta.url), "");
