import { last, type Policy, window } from "../align/Policy.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { type Micros, micros, millis, periodUs } from "../units.ts";

/** Frames that a value outlives: one may be lost and one late. */
const PERIODS = 3;
/** How long a value counts at least, whatever the stream's rate. */
const LEAST = millis(100);
/** How far behind its row a frame may be that every row is to have: nothing waits for it, so it is given time. */
const BEHIND = millis(80);

/**
 * How the frames of a stream that no pipeline declares are aligned.
 *
 * - Words, and what comes more often than rows do, sound first of all: each frame belongs to one row, that of some
 *   80 ms later. A row has all of its own; of words the last.
 * - Anything else: each row has the newest frame, as long as the stream's rate says that it is of now, or, of a stream
 *   without a rate, as long as it does not count as idle.
 *
 * A function of the description and the grid alone, which are on record: a replay aligns alike.
 *
 * @param period Of the grid.
 */
export function guestPolicy(
  { modality, rate, idleTimeout }: StreamDescription,
  period: Micros,
): Policy {
  const isFast = rate !== "irregular" && periodUs(rate) < period;
  if (modality === "text" || isFast)
    return window({
      ...{ from: micros(-BEHIND - period), to: micros(-BEHIND) },
      ...{ count: "any", aggregate: modality === "text" ? "last" : "concatenate" },
    });
  if (rate === "irregular") return last({ maxAge: idleTimeout });
  return last({ maxAge: micros(Math.max(LEAST, PERIODS * periodUs(rate))) });
}
