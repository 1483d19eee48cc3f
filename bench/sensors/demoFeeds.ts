import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The recordings of the data set `demo_feeds` on this machine; none where it is absent. */
export function demoFeeds(): readonly string[] {
  const folder = join(process.env["SENSORIUM_DATA"] ?? "../shared/data", "demo_feeds");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /\.(mp4|mpg|webm|ogg|wav)$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}
