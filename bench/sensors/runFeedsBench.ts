import { spawnSync } from "node:child_process";
import { basename } from "node:path";

import type { Bench, BenchResult } from "../Bench.ts";
import { demoFeeds } from "./demoFeeds.ts";
import { feedOffsets } from "./feedOffsets.ts";

/**
 * Sends every recording of `demo_feeds` through the file sensor: how far each track's frames are from the container's
 * own times, in ms. The NASA clip by itself, the others as the worst of their kind.
 */
export const runFeedsBench: Bench = async ({ log }) => {
  const bench = "feeds";
  if (spawnSync("ffmpeg", ["-version"]).status !== 0)
    return { bench, results: [], skipped: ["all: no ffmpeg"] };
  const paths = demoFeeds();
  if (paths.length === 0) return { bench, results: [], skipped: ["all: no demo_feeds here"] };
  const worst = new Map<string, number>();
  const outside: string[] = [];
  const heard = new Set<string>();
  for (const path of paths) {
    const name = basename(path);
    for (const { kind, codec, frames, bound, worst: ms, placed } of await feedOffsets(path)) {
      log(
        `${name}: ${kind} ${codec}: ${frames} frames, ${placed} placed, worst ${ms} ms of ${bound}`,
      );
      if (!(ms <= bound)) outside.push(`${name} ${kind}`);
      heard.add(name);
      const group = name.startsWith("nasa") ? `nasa ${kind}` : kind;
      worst.set(group, Math.max(worst.get(group) ?? 0, ms));
    }
  }
  const result = (name: string, value: number, unit: string): BenchResult => ({
    ...{ name, value, unit, ratios: {} },
    better: name === "recordings" ? "higher" : "lower",
  });
  return {
    bench,
    results: [
      result("recordings", heard.size, "files"),
      result("out of bounds", outside.length, "tracks"),
      ...[...worst].map(([name, ms]) => result(`worst ${name}`, ms, "ms")),
    ],
    skipped: [],
  };
};
