import { launchBrowser, NO_BROWSER } from "../../test/support/browser.ts";
import { drawDigits, HANDS } from "../../test/support/drawDigits.ts";
import { beepsAgainstPictures, FAKE_DEVICES } from "../../test/support/fakeDevices.ts";
import { JoinedPage, SIGHT, SOUND_RATE } from "../../test/support/JoinedPage.ts";
import { type Bench, type BenchResult, median } from "../Bench.ts";

/** How long beeps are listened to, in µs. */
const LISTEN = 8e6;

/**
 * A browser with a made-up microphone and camera opens the page that senses and lends both and a drawing pad: how long
 * until all three are in the log, and how far apart a beep and its picture are there. Then digits are drawn with the mouse
 * for `pipelines/digits`, by two hands: how many it names.
 */
export const runJoinBench: Bench = async ({ log }) => {
  const bench = "join";
  await using browser = (await launchBrowser(FAKE_DEVICES)) ?? null;
  if (browser === null) return { bench, results: [], skipped: [NO_BROWSER] };
  await using joined = await JoinedPage.open(browser);
  const { frames } = joined;
  const began = performance.now();
  await joined.lend("sight", "camera");
  await joined.lend("sound", "microphone");
  await joined.lend("pad", "pad");
  await joined.until(({ sound, sight, pad }) => !!(sound?.length && sight?.length && pad?.length));
  const arrived = performance.now() - began;
  await joined.until(() => joined.told("sound") > LISTEN && joined.told("sight") > LISTEN);
  const { sound = [], sight = [] } = frames;
  const beeps = beepsAgainstPictures(sound, SOUND_RATE, sight, SIGHT);
  log(beeps.map((ms) => ms.toFixed(1)).join(" "));
  const right: number[] = [];
  for (const hand of HANDS) {
    const named = await drawDigits(browser, () => hand);
    log(`drawn 0 to 9, named ${named.join(" ")}`);
    right.push(named.filter((label, digit) => label === String(digit)).length);
  }
  const result = (name: string, value: number): BenchResult => ({
    ...{ name, value, unit: "ms", ratios: {} },
    better: "lower",
  });
  return {
    bench,
    results: [
      result("three streams are there", arrived),
      result("beep to picture, median", median(beeps.map(Math.abs))),
      result("beep to picture, worst", Math.max(...beeps.map(Math.abs))),
      ...right.map(
        (value, hand): BenchResult => ({
          ...{ name: `digits named of 10, hand ${hand + 1}`, value, unit: "digits", ratios: {} },
          better: "higher",
        }),
      ),
    ],
    skipped: [],
  };
};
