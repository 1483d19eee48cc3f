import { describe, expect, it } from "vitest";

import type { Row } from "../../src/server/protocol.ts";
import { micros } from "../../src/units.ts";
import { dashboardTests } from "../support/dashboardTests.ts";
import { SubjectFeed } from "../support/SubjectFeed.ts";
import { START } from "../support/sampleMessages.ts";

const { browser, newPage, serve } = await dashboardTests();
/** Rows until the sensor goes for a few rows, and comes back at its other level. */
const STRETCH = 40;
const GONE = 5;

/** A row in which all of tilt's three traces stand at one level. */
function rowAt(index: number): Row {
  const isGone = index % STRETCH < GONE;
  const view = new Uint8Array(6).fill(Math.floor(index / STRETCH) % 2 === 0 ? 1 : 255);
  const tilt = isGone
    ? ({ presence: "missing", reason: "gap" } as const)
    : ({ presence: "real", view } as const);
  return {
    ...{ time: micros(START + index * 40_000), fused: [], subsets: [] },
    streams: { tilt },
  };
}

describe.skipIf(browser === undefined)("traces on the dashboard", { timeout: 60_000 }, () => {
  it("stand where their values say, and are broken where the sensor was gone, at any size", async () => {
    const feed = new SubjectFeed();
    await using server = await serve(feed);
    let index = 0;
    const timer = setInterval(() => {
      feed.messages.next({ kind: "rows", rows: [rowAt(index++)] });
    }, 40);
    const page = await newPage();
    try {
      await page.goto(server.url);
      for (const size of [1440, 800]) {
        await page.setViewportSize({ width: size, height: 900 });
        await expect
          .poll(() => page.evaluate<Seen>(SEEN), { timeout: 20_000 })
          .toEqual({ most: 3, isSwinging: true, isBroken: true });
      }
    } finally {
      clearInterval(timer);
      await page.close();
    }
  });
});

interface Seen {
  /** Traces that most columns show. */
  readonly most: number;
  /** Whether the first of them stands at two levels. */
  readonly isSwinging: boolean;
  /** Whether there are columns without any between others. */
  readonly isBroken: boolean;
}

// A trace is where green outweighs blue: neither the lane nor its hatching is green.
const SEEN = `(() => {
  const canvas = document.querySelector(".lane-lines canvas");
  if (canvas === null) return undefined;
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const green = (x, y) => data[4 * (y * width + x) + 1] - data[4 * (y * width + x) + 2] > 3;
  const columns = [];
  const counts = [];
  for (let x = 0; x < width; x++) {
    const starts = [];
    for (let y = 0; y < height; y++) if (green(x, y) && !(y > 0 && green(x, y - 1))) starts.push(y);
    if (starts.length === 0) continue;
    columns.push({ x, first: starts[0] });
    counts[starts.length] = (counts[starts.length] ?? 0) + 1;
  }
  const firsts = columns.map(({ first }) => first);
  return {
    most: counts.findIndex((count) => count > columns.length / 2),
    isSwinging: Math.max(...firsts) - Math.min(...firsts) > 20,
    isBroken: columns.some(({ x }, at) => at > 0 && x - columns[at - 1].x > 10),
  };
})()`;
