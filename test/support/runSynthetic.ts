import type { Clock } from "../../src/clock/Clock.ts";
import type { SyntheticFeed } from "./SyntheticFeed.ts";

/** Advances a feed at the clock's own pace, until the signal aborts. */
export async function runSynthetic(
  feed: SyntheticFeed,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (;;) {
      await clock.until(feed.nextTime, signal);
      feed.advance();
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
}
