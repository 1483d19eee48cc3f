import type { Micros } from "../../units.ts";

/** An instant or length as Foxglove's schemas have it. */
export interface FoxgloveTime {
  readonly sec: number;
  readonly nsec: number;
}

/** µs as seconds and nanoseconds. */
export function foxgloveTime(time: Micros): FoxgloveTime {
  const sec = Math.floor(time / 1e6);
  return { sec, nsec: (time - sec * 1e6) * 1e3 };
}

/** µs as nanoseconds: what a message is stamped with. */
export function nanoseconds(time: Micros): bigint {
  return BigInt(time) * 1_000n;
}
