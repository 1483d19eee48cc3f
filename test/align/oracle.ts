import type { Policy } from "../../src/align/Policy.ts";
import type { Presence } from "../../src/frames/Frameset.ts";

/** What is known of a stream once everything is known. */
export interface OracleStream {
  readonly policy: Policy;
  /** Its frames, in any order, no two at the same time. */
  readonly frames: readonly { readonly time: number; readonly value: number }[];
}

/** A cell as the definition gives it: which frames, and how. */
export interface OracleCell {
  readonly presence: Presence;
  /** Values of the cell, one per frame in it. */
  readonly values: readonly number[];
}

/**
 * The offline join: each cell straight from the definition of its policy, over all frames at once.
 *
 * Written without looking at the aligner: no buffers, no watermarks, no order of arrival.
 */
export function oracleCell(
  { policy, frames }: OracleStream,
  T: number,
  period: number,
): OracleCell {
  const sorted = frames.slice().sort((a, b) => a.time - b.time);
  const before = sorted.filter((frame) => frame.time <= T).at(-1);
  const after = sorted.find((frame) => frame.time > T);
  switch (policy.kind) {
    case "exact": {
      const hit = sorted.find((frame) => frame.time === T);
      return hit === undefined ? MISSING : { presence: "real", values: [hit.value] };
    }
    case "nearest": {
      const near = sorted.filter((frame) => Math.abs(frame.time - T) <= policy.tolerance);
      const least = Math.min(...near.map((frame) => Math.abs(frame.time - T)));
      const best = near.find((frame) => Math.abs(frame.time - T) === least);
      return best === undefined ? MISSING : { presence: "real", values: [best.value] };
    }
    case "last": {
      if (before === undefined || T - before.time > policy.maxAge) return MISSING;
      const presence = T - before.time < period ? "real" : "held";
      return { presence, values: [before.value] };
    }
    case "linear": {
      if (before?.time === T) return { presence: "real", values: [before.value] };
      if (before === undefined || after === undefined) return MISSING;
      if (after.time - before.time > policy.maxSpan) return MISSING;
      const slope = (after.value - before.value) / (after.time - before.time);
      return { presence: "interpolated", values: [before.value + slope * (T - before.time)] };
    }
    case "window": {
      const within = sorted
        .filter((frame) => frame.time > T + policy.from && frame.time <= T + policy.to)
        .map((frame) => frame.value);
      const wanted = policy.count === "any" ? within.length > 0 : within.length === policy.count;
      if (!wanted) return MISSING;
      if (policy.aggregate === "last") return { presence: "real", values: within.slice(-1) };
      if (policy.aggregate === "concatenate") return { presence: "real", values: within };
      const mean = within.reduce((sum, value) => sum + value, 0) / within.length;
      return { presence: "real", values: [mean] };
    }
  }
}

const MISSING: OracleCell = { presence: "missing", values: [] };

/** Instants of all rows that a log gives whose streams have all ended: the last at or before the furthest. */
export function oracleInstants(
  origin: number,
  period: number,
  streams: readonly OracleStream[],
  promises: readonly { readonly until: number; readonly policy: Policy }[] = [],
): number[] {
  const lead = (policy: Policy): number =>
    policy.kind === "window" && policy.to < 0 ? -policy.to : 0;
  const ends = [
    ...streams.flatMap(({ frames, policy }) => frames.map(({ time }) => time + lead(policy))),
    ...promises.map(({ until, policy }) => until - 1 + lead(policy)),
  ];
  const end = Math.max(...ends);
  const instants: number[] = [];
  for (let T = origin; T <= end; T += period) instants.push(T);
  return instants;
}
