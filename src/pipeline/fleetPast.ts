import { type Micros, micros } from "../units.ts";
import type { DropAction } from "./DropSchedule.ts";
import type { PastLog } from "./readPast.ts";
import type { FleetPast } from "./SensorFleet.ts";

/** What there is to know where a run is gone on with. */
export interface FleetPastOptions {
  readonly past: PastLog;
  /** What was done to each sensor last, in time since `origin`. */
  readonly passed: ReadonlyMap<string, DropAction & { readonly at: Micros }>;
  readonly streams: readonly string[];
  readonly origin: Micros;
  readonly period: Micros;
  /** Whether the run's clock goes on where the log ended, so that nothing must be missed. */
  readonly isDriven: boolean;
}

/**
 * How the sensors of a run that was killed are started again.
 *
 * On a driven clock each stream goes on after its last frame on record: what was on its way when the run was
 * killed is sent again. On the machine's clock replays go on at the present.
 */
export function fleetPast(options: FleetPastOptions): FleetPast {
  const { past, passed, streams, origin, period, isDriven } = options;
  const unplugged = new Set(
    [...passed.values()].flatMap(({ stream, action }) => (action === "unplug" ? [stream] : [])),
  );
  const from = new Map<string, Micros>();
  for (const stream of isDriven ? streams : []) {
    const newest = past.frames.get(stream);
    const unseen = newest === undefined ? (past.from ?? origin) : newest + 1;
    // Who was given back joined at the next tick, and left out what was before.
    const joined = origin + Math.ceil((passed.get(stream)?.at ?? 0) / period) * period;
    from.set(stream, micros(Math.max(unseen, joined)));
  }
  return { from, unplugged, ended: isDriven ? past.ended : new Set() };
}
