import { createHash, timingSafeEqual } from "node:crypto";

/** Whether a token is the right one, in a time that does not tell how much of it is. */
export function tokenMatches(token: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(token), digest(right));
}
