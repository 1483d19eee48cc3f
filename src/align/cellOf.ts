import type { Cell, MissingReason } from "../frames/Frameset.ts";
import type { Micros } from "../units.ts";
import type { Column } from "./Column.ts";
import { blend, concatenate } from "./elements.ts";
import type { Policy } from "./Policy.ts";

/**
 * The column's part of a row, from the frames it holds; marks those it uses.
 *
 * @param at Has the row's instant.
 * @param column Asked just now what it needs for that row. Holds every frame up to there, unless the row
 *   goes out without waiting for it.
 * @param period Grid period: a held sample younger than it counts as sensed at this instant.
 */
export function cellOf(column: Column, at: { readonly next: number }, period: number): Cell {
  const { policy } = column;
  if (policy.kind === "linear") return interpolated(column, policy, at);
  if (policy.kind === "window") return windowed(column, policy, at);
  const { ring, candidate: position } = column;
  const time = at.next;
  if (position < 0) return missing(column, policy.kind === "last" ? "too-old" : "gap");
  const age = time - ring.time(position);
  switch (policy.kind) {
    case "exact":
      return age === 0 ? present(column, position, at, "real") : missing(column, "gap");
    case "nearest":
      return age <= policy.tolerance && -age <= policy.tolerance
        ? present(column, position, at, "real")
        : missing(column, "gap");
    case "last":
      return age <= policy.maxAge
        ? present(column, position, at, age < period ? "real" : "held")
        : missing(column, "too-old");
  }
}

/** One frame as it is. */
function present(
  column: Column,
  position: number,
  at: { readonly next: number },
  presence: "real" | "held",
): Cell {
  column.use(position);
  const { ring } = column;
  const { arrivalTime } = ring.chunk(position);
  const payload = ring.payload(position);
  const originTime = ring.time(position) as Micros;
  const age = (at.next - originTime) as Micros;
  if (column.clockUncertainty >= 0) return made(column, position, at, presence, payload, 1);
  return { presence, payload, frames: 1, originTime, age, arrivalTime };
}

function interpolated(
  column: Column,
  policy: Extract<Policy, { kind: "linear" }>,
  at: { readonly next: number },
): Cell {
  const { ring, right } = column;
  const time = at.next;
  const left = right - 1;
  if (left >= 0 && ring.time(left) === time) return present(column, left, at, "real");
  if (left < 0 || right === ring.size || ring.time(right) - ring.time(left) > policy.maxSpan)
    return missing(column, "gap");
  const { dtype } = column.description;
  if (dtype === "utf8") return missing(column, "gap");
  const ratio = (time - ring.time(left)) / (ring.time(right) - ring.time(left));
  const payload = blend([ring.payload(left), ring.payload(right)], [1 - ratio, ratio], dtype);
  column.use(left);
  column.use(right);
  return made(column, right, at, "interpolated", payload, 1);
}

function windowed(
  column: Column,
  policy: Extract<Policy, { kind: "window" }>,
  at: { readonly next: number },
): Cell {
  const { ring } = column;
  const time = at.next;
  const first = ring.after(time + policy.from);
  const end = ring.after(time + policy.to);
  const count = end - first;
  if (count === 0) return missing(column, "gap");
  if (policy.count !== "any" && count !== policy.count) return missing(column, "incomplete");
  const newest = end - 1;
  if (policy.aggregate === "last") return present(column, newest, at, "real");
  for (let position = first; position < end; position++) column.use(position);
  return made(
    column,
    newest,
    at,
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

/** A cell with the payload that was made for it, as new as the frame at `position`. */
function made(
  column: Column,
  position: number,
  at: { readonly next: number },
  presence: "real" | "held" | "interpolated",
  payload: Uint8Array,
  frames: number,
): Cell {
  const originTime = column.ring.time(position) as Micros;
  const age = (at.next - originTime) as Micros;
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
function missing(column: Column, proven: MissingReason): Cell {
  return { presence: "missing", reason: reasonOf(column, proven) };
}

function reasonOf(column: Column, proven: MissingReason): MissingReason {
  const need = column.needed;
  if (column.oldest > need) return "never-seen";
  if (column.watermark >= need) return proven;
  if (column.idle || column.closed) return "idle";
  return column.role === "optional" ? "optional" : "skew";
}
