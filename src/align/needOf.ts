import type { FrameRing } from "./FrameRing.ts";
import type { Policy } from "./Policy.ts";

/**
 * Until when a stream must be known before the row at `time` can be settled, in µs.
 *
 * Nothing that arrives after the stream's watermark has passed this instant could change the cell.
 * For `nearest` and `linear` it depends on what is buffered, so ask again when a frame has come in.
 *
 * @param right Position of the first frame after `time`.
 * @param candidate Position of the frame nearest to `time`, asked for by `nearest` alone; −1 if there is none.
 *
 * alignment.md 9, "need times". `linear` is bounded also when no right neighbour exists: past
 * (left neighbour + maxSpan) none could serve.
 */
export function needOf(
  policy: Policy,
  ring: FrameRing,
  time: number,
  right: number,
  candidate: number,
): number {
  switch (policy.kind) {
    case "exact":
    case "last":
      return time;
    case "window":
      return time + policy.to;
    case "nearest":
      if (candidate < 0) return time + policy.tolerance;
      return time + Math.min(policy.tolerance, Math.abs(ring.time(candidate) - time));
    case "linear": {
      if (right === 0) return time;
      const left = ring.time(right - 1);
      if (left === time) return time;
      const reach = left + policy.maxSpan;
      return Math.max(time, right < ring.size ? Math.min(ring.time(right), reach) : reach);
    }
  }
}

/** Position of the frame nearest to `time`, of two equally near the earlier; −1 if there is none. */
export function nearestTo(ring: FrameRing, time: number, right: number): number {
  if (right === ring.size) return right - 1;
  if (right === 0) return 0;
  return ring.time(right) - time < time - ring.time(right - 1) ? right : right - 1;
}
