import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";

import { demoFeeds } from "../../bench/sensors/demoFeeds.ts";
import { feedOffsets } from "../../bench/sensors/feedOffsets.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const paths = demoFeeds();
const isThere = hasFfmpeg && paths.length > 0;
const skip = isThere ? "" : ` (skipped: no ${hasFfmpeg ? "demo_feeds" : "ffmpeg"} here)`;

/** One of each container and codec: `npm run bench -- feeds` sends all of them. */
const ONE_OF_EACH = /^(nasa|rabbit|bear|esc10_dog|fsdd_7|grid_s1_bbal9a)/;

describe.skipIf(!isThere)(`real recordings through the file sensor${skip}`, () => {
  const chosen = paths.filter((path) => ONE_OF_EACH.test(basename(path)));

  it.each(chosen.map((path) => [basename(path), path]))(
    "gives %s at the container's own times",
    async (_, path) => {
      const tracks = await feedOffsets(path);
      expect(tracks.length).toBeGreaterThan(0);
      for (const { kind, frames, placed, worst, bound } of tracks) {
        expect(frames, kind).toBeGreaterThan(0);
        expect(placed, kind).toBeGreaterThan(0);
        expect(worst, kind).toBeLessThanOrEqual(bound);
      }
    },
    120_000,
  );

  it("gives the NASA clip as two pictures, two sounds and two subtitles", async () => {
    const nasa = paths.find((path) => basename(path).startsWith("nasa")) ?? "";
    const kinds = (await feedOffsets(nasa)).map(({ kind }) => kind);
    expect(kinds).toEqual(["video", "audio", "subtitle", "video", "audio", "subtitle"]);
  }, 120_000);
});
