import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { ViewDescription } from "./messages.ts";

/**
 * A stream's view with a name for each of its traces: the view's own, else the stream's `channels` where there is a
 * trace for each, else the traces' numbers, from 0.
 */
export function namedView(view: ViewDescription, { channels }: StreamDescription): ViewDescription {
  if (view.kind !== "lines" || view.names !== undefined) return view;
  const known = channels?.length === view.traces ? channels : undefined;
  const names = Array.from({ length: view.traces }, (_, trace) => known?.[trace] ?? String(trace));
  return { ...view, names };
}
