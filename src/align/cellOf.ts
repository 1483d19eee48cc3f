import type { Cell, MissingReason } from "../frames/Frameset.ts";
import type { Micros } from "../units.ts";
import type { Column } from "./Column.ts";
import { blend, concatenate } from "./elements.ts";
import { nearestTo } from "./needOf.ts";
import type { Policy } from "./Policy.ts";

/**
 * The column's part of the row at `time`, from the frames it holds; marks those it uses.
 *
 * @param column Holds every frame at or before `need`, unless the row goes out without waiting for it.
 * @param need Until when the column had to be known.
 * @param period Grid period: a held sample younger than it counts as sensed at this instant.
 */
export function cellOf(column: Column, time: number, need: number, period: number): Cell {
  switch (column.policy.kind) {
    case "exact": {
      const position = column.ring.after(time) - 1;
      if (position < 0 || column.ring.time(position) !== time) return missing(column, need, "gap");
      return single(column, position, time, "real");
    }
    case "nearest": {
      const position = nearestTo(column.ring, time);
      if (position < 0 || Math.abs(column.ring.time(position) - time) > column.policy.tolerance)
        return missing(column, need, "gap");
      return single(column, position, time, "real");
    }
    case "last": {
      const position = column.ring.after(time) - 1;
      if (position < 0 || time - column.ring.time(position) > column.policy.maxAge)
        return missing(column, need, "too-old");
      const age = time - column.ring.time(position);
      return single(column, position, time, age < period ? "real" : "held");
    }
    case "linear":
      return interpolated(column, column.policy, time, need);
    case "window":
      return windowed(column, column.policy, time, need);
  }
}

function single(column: Column, position: number, time: number, presence: "real" | "held"): Cell {
  column.use(position);
  return present(column, position, time, presence, column.ring.payload(position), 1);
}

function interpolated(
  column: Column,
  policy: Extract<Policy, { kind: "linear" }>,
  time: number,
  need: number,
): Cell {
  const { ring } = column;
  const right = ring.after(time);
  const left = right - 1;
  if (left >= 0 && ring.time(left) === time) return single(column, left, time, "real");
  if (left < 0 || right === ring.size || ring.time(right) - ring.time(left) > policy.maxSpan)
    return missing(column, need, "gap");
  const { dtype } = column.description;
  if (dtype === "utf8") return missing(column, need, "gap");
  const ratio = (time - ring.time(left)) / (ring.time(right) - ring.time(left));
  const payload = blend([ring.payload(left), ring.payload(right)], [1 - ratio, ratio], dtype);
  column.use(left);
  column.use(right);
  return present(column, right, time, "interpolated", payload, 1);
}

function windowed(
  column: Column,
  policy: Extract<Policy, { kind: "window" }>,
  time: number,
  need: number,
): Cell {
  const { ring } = column;
  const first = ring.after(time + policy.from);
  const end = ring.after(time + policy.to);
  const count = end - first;
  if (count === 0) return missing(column, need, "gap");
  if (policy.count !== "any" && count !== policy.count) return missing(column, need, "incomplete");
  const newest = end - 1;
  if (policy.aggregate === "last") return single(column, newest, time, "real");
  for (let position = first; position < end; position++) column.use(position);
  return present(
    column,
    newest,
    time,
    "real",
    gather(column, policy, first, end),
    policy.aggregate === "mean" ? 1 : count,
  );
}

/** The frames from `first` up to `end` as one payload; a borrowed view where they lie back to back. */
function gather(
  column: Column,
  policy: Extract<Policy, { kind: "window" }>,
  first: number,
  end: number,
): Uint8Array {
  const { ring } = column;
  const { dtype } = column.description;
  let together = true;
  for (let position = first + 1; position < end && together; position++)
    together =
      ring.chunk(position) === ring.chunk(first) && ring.start(position) === ring.end(position - 1);
  if (policy.aggregate === "concatenate" && together)
    return ring.chunk(first).payload.subarray(ring.start(first), ring.end(end - 1));
  const frames = Array.from({ length: end - first }, (_, i) => ring.payload(first + i));
  if (policy.aggregate === "concatenate" || dtype === "utf8") return concatenate(frames);
  return blend(frames, new Array<number>(frames.length).fill(1 / frames.length), dtype);
}

function present(
  column: Column,
  position: number,
  time: number,
  presence: "real" | "held" | "interpolated",
  payload: Uint8Array,
  frames: number,
): Cell {
  const originTime = column.ring.time(position) as Micros;
  const age = (time - originTime) as Micros;
  const { arrivalTime } = column.ring.chunk(position);
  if (column.clockUncertainty < 0)
    return { presence, payload, frames, originTime, age, arrivalTime };
  const clockUncertainty = column.clockUncertainty as Micros;
  return { presence, payload, frames, originTime, age, arrivalTime, clockUncertainty };
}

/**
 * Why nothing can be shown: `proven` when the stream itself has shown that there is nothing, else what
 * let the row go without it.
 */
function missing(column: Column, need: number, proven: MissingReason): Cell {
  return { presence: "missing", reason: reasonOf(column, need, proven) };
}

function reasonOf(column: Column, need: number, proven: MissingReason): MissingReason {
  if (column.oldest > need) return "never-seen";
  if (column.watermark >= need) return proven;
  if (column.idle || column.closed) return "idle";
  return column.role === "optional" ? "optional" : "skew";
}
