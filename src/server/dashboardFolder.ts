import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What to do when the dashboard is not there. */
export const HOW_TO_BUILD = "The dashboard is not built. Run `npm run build`, then reload.";

/**
 * Folder of a built browser application, or undefined when it has not been built.
 *
 * This file runs from `src/server/` and from `dist/src/server/`; the applications are in
 * `dist/dashboards/` in both cases.
 *
 * @param folder The only place to look, where somebody named one.
 * @param name Which application: its folder in `dashboards/`.
 */
export function dashboardFolder(folder?: string, name = "live"): string | undefined {
  const candidates =
    folder === undefined
      ? [`../../dist/dashboards/${name}/`, `../../dashboards/${name}/`].map((path) =>
          fileURLToPath(new URL(path, import.meta.url)),
        )
      : [folder];
  return candidates.find(
    (candidate) =>
      existsSync(join(candidate, "index.html")) && existsSync(join(candidate, "assets")),
  );
}
