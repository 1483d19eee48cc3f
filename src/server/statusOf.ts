import type { Blocking } from "../align/Blocking.ts";
import type { RunCounters } from "../pipeline/RunParts.ts";
import type { StreamSnapshot } from "../pipeline/StreamBoard.ts";
import { type Micros, micros, toMillis } from "../units.ts";
import type { NextRow, StatusMessage, StreamWait } from "./messages.ts";

/** Silence after which a viewer is told why nothing comes: so many ms, or so many rows if they come slowly. */
const [PATIENCE_MS, PATIENCE_ROWS] = [500, 2.5] as const;

/** What of a run says whether rows come, and why not. */
export interface Watched {
  streams(): readonly Pick<StreamSnapshot, "stream" | "state">[];
  counters(): Pick<RunCounters, "framesets" | "moments" | "refusedRows">;
  blocking(): Blocking | undefined;
}

/**
 * Whether rows come, and if not what they wait for.
 *
 * @param silentMs Time since the last row, in ms; infinite before the first.
 * @param period Time between two rows.
 */
export function statusOf(run: Watched, silentMs: number, period: Micros): StatusMessage {
  if (silentMs < Math.max(PATIENCE_MS, PATIENCE_ROWS * toMillis(period)))
    return { kind: "status", state: "running", text: "", blocking: [] };
  const streams = run.streams();
  const silent = streams.filter(({ state }) => state !== "live").map(({ stream }) => stream);
  const { framesets, moments, refusedRows } = run.counters();
  if (moments === 0 && silent.length === streams.length)
    return {
      kind: "status",
      state: "starting",
      text: "The sensors are starting.",
      blocking: silent,
    };
  const next = nextOf(run.blocking());
  const waited = next?.waits.map(({ stream }) => stream) ?? [];
  const unanswered = framesets - moments - refusedRows;
  const waiting = {
    kind: "status",
    state: "waiting",
    ...(next !== undefined && { next }),
  } as const;
  if (silent.length === streams.length)
    return {
      ...waiting,
      text: "Every sensor is silent: there is nothing to show until one speaks.",
      blocking: silent,
    };
  if (next !== undefined && waited.length > 0)
    return {
      ...waiting,
      text: `Row ${next.index} waits for ${waited.join(" and ")}: ${next.waits.map(lack).join("; ")}.`,
      blocking: waited,
    };
  if (unanswered > 0)
    return {
      ...waiting,
      text: `Rows are formed, but the model has yet to answer ${unanswered} of them.`,
      blocking: [],
    };
  return {
    ...waiting,
    text:
      next === undefined
        ? "The pipeline has not begun."
        : `No stream has come as far as row ${next.index}: the times they stamp lie before it.`,
    blocking: silent,
  };
}

function nextOf(blocking: Blocking | undefined): NextRow | undefined {
  if (blocking === undefined) return undefined;
  const { index, time, due, waits } = blocking;
  return {
    index,
    time,
    due,
    waits: waits.map(({ stream, need, has }): StreamWait => {
      const needs = micros(need - time);
      return Number.isFinite(has) ? { stream, needs, has: micros(has - time) } : { stream, needs };
    }),
  };
}

/** How much of a stream is missing, in words. */
function lack({ stream, needs, has }: StreamWait): string {
  if (has === undefined) return `nothing has come from ${stream} yet`;
  const short = toMillis(micros(needs - has));
  const by = short < 1_000 ? `${Math.ceil(short)} ms` : `${(short / 1_000).toFixed(1)} s`;
  return `${stream} is known up to ${by} before what the row needs`;
}
