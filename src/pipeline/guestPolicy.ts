import { last, type Policy } from "../align/Policy.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { micros, millis, periodUs } from "../units.ts";

/** Frames that a value outlives: one may be lost and one late. */
const PERIODS = 3;
/** How long a value counts at least, whatever the stream's rate. */
const LEAST = millis(100);

/**
 * How the frames of a stream that no pipeline declares are aligned: each instant gets the newest one, as long as
 * the stream's rate says that it is of now. Of a stream without a rate: as long as it does not count as idle.
 *
 * A function of the description alone, which is on record: a replay aligns alike.
 */
export function guestPolicy({ rate, idleTimeout }: StreamDescription): Policy {
  if (rate === "irregular") return last({ maxAge: idleTimeout });
  return last({ maxAge: micros(Math.max(LEAST, PERIODS * periodUs(rate))) });
}
