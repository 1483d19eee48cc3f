import { shownChannels } from "../features/ChannelTraces.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { ViewDescription } from "./messages.ts";

/**
 * A stream's view with a name for each of its traces: the view's own, else the stream's `channels` that are drawn
 * where there is a trace for each, else the traces' numbers, from 0.
 */
export function namedView(
  view: ViewDescription,
  { channels, shape }: StreamDescription,
): ViewDescription {
  if (view.kind !== "lines" || view.names !== undefined) return view;
  const shown = shownChannels(shape.reduce((product, size) => product * size, 1));
  const names = Array.from({ length: view.traces }, (_, trace) => {
    const at = shown.length === view.traces ? (shown[trace] ?? trace) : trace;
    return (shown.length === view.traces ? channels?.[at] : undefined) ?? String(at);
  });
  return { ...view, names };
}
