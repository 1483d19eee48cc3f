import { launchBrowser, NO_BROWSER } from "../../test/support/browser.ts";
import { beepsAgainstPictures, FAKE_DEVICES } from "../../test/support/fakeDevices.ts";
import { JoinedPage, SIGHT, SOUND_RATE } from "../../test/support/JoinedPage.ts";
import { type Bench, type BenchResult, median } from "../Bench.ts";

/** How long beeps are listened to, in µs. */
const LISTEN = 8e6;

/**
 * A browser with a made-up microphone and camera opens the page that senses and lends both and a drawing pad: how long
 * until all three are in the log, and how far apart a beep and its picture are there.
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
    ],
    skipped: [],
  };
};
