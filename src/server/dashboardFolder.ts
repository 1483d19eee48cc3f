import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What to do when the dashboard is not there. */
export const HOW_TO_BUILD = "The dashboard is not built. Run `npm run build`, then reload.";

/**
 * Folder of the built dashboard, or undefined when it has not been built.
 *
 * This file runs from `src/server/` and from `dist/src/server/`; the dashboard is in
 * `dist/dashboards/live/` in both cases.
 *
 * @param folder The only place to look, where somebody named one.
 */
export function dashboardFolder(folder?: string): string | undefined {
  const candidates =
    folder === undefined
      ? ["../../dist/dashboards/live/", "../../dashboards/live/"].map((path) =>
          fileURLToPath(new URL(path, import.meta.url)),
        )
      : [folder];
  return candidates.find(
    (candidate) =>
      existsSync(join(candidate, "index.html")) && existsSync(join(candidate, "assets")),
  );
}
