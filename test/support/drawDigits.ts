import type { Browser } from "playwright-core";
import { filter, firstValueFrom } from "rxjs";

import digits from "../../pipelines/digits/pipeline.ts";
import { definePipeline } from "../../src/pipeline/definePipeline.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { seconds } from "../../src/units.ts";
import { DIGIT_STROKES } from "./digitStrokes.ts";
import { JoinedPage } from "./JoinedPage.ts";
import { SENSORS } from "./tinyPipeline.ts";

const PEN = new Set(["strokes", "picture"]);

/** Patient with a busy machine: what is named is what is asked, not how soon. */
const patient = definePipeline({
  ...digits,
  senses: Object.fromEntries(
    Object.entries(digits.senses ?? {}).map(([name, sense]) => [
      name,
      { ...sense, ...(sense.source === "pen" && { rest: seconds(3) }) },
    ]),
  ),
  grid: { ...digits.grid, skew: seconds(20), future: seconds(5) },
  streams: Object.fromEntries(
    Object.entries(digits.streams).map(([name, { description, ...plan }]) => [
      name,
      {
        ...plan,
        // Nobody feeds the others: nothing is to wait for them so long.
        role: PEN.has(name) ? "required" : "optional",
        description: { ...description, idleTimeout: seconds(20) },
      },
    ]),
  ),
});

type Place = readonly [x: number, y: number];

/** Where on the pad, how large and how upright is drawn. */
export type Hand = (place: Place) => Place;

/** As large as the pad, and small in its corner, leaning. */
export const HANDS: readonly Hand[] = [
  (place) => place,
  ([x, y]) => [0.08 + 0.45 * x + 0.1 * (1 - y), 0.5 + 0.45 * y],
];

/**
 * Opens the page that senses on `pipelines/digits` and draws the ten digits with the mouse, one after the other.
 *
 * @param handOf Whose hand draws a digit.
 * @returns What the pipeline's first final event after each says.
 */
export async function drawDigits(
  browser: Browser,
  handOf: (digit: number) => Hand,
): Promise<string[]> {
  const run = await startPipeline(patient, {
    feed: await digits.feed({ live: true, split: "dev", seed: 1 }),
    ...{ pace: "realtime", loop: true, without: [], drops: [], answerWith: [] },
    ...{ device: "cpu", threads: 1, seed: 1, sensors: SENSORS },
  });
  await using joined = await JoinedPage.on(run, browser);
  await joined.lend("pen", "pen");
  await joined.until(({ strokes = [], picture = [] }) => strokes.length > 0 && picture.length > 0);
  const named: string[] = [];
  for (const [digit, strokes] of DIGIT_STROKES.entries()) {
    const told = firstValueFrom(
      run.events.pipe(filter((spans) => spans.some(({ state }) => state === "final"))),
    );
    for (const stroke of strokes) await joined.draw(...stroke.map(handOf(digit)));
    const final = (await told).filter(({ state }) => state === "final");
    named.push(final.map(({ label }) => label).join(" or "));
  }
  return named;
}
