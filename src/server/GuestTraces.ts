import { ChannelTraces, shownChannels } from "../features/ChannelTraces.ts";
import { borrowNumbers } from "../frames/DType.ts";
import type { Cell } from "../frames/Frameset.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { Micros } from "../units.ts";
import type { ViewDescription } from "./messages.ts";

/** Points of a trace in a row: a row is a few pixels wide. */
const MOST_POINTS = 8;

/**
 * How a stream that no pipeline declares is drawn: a sensor's numbers as traces with their names, words as words, sound and
 * pictures by their presence alone.
 *
 * @param period Of the grid.
 */
export function guestView(description: StreamDescription, period: Micros): ViewDescription {
  const { modality, dtype, rate } = description;
  if (modality === "text") return { kind: "captions" };
  if (modality !== "sensor" || dtype === "utf8") return { kind: "none" };
  const frames = rate === "irregular" ? 1 : Math.round((rate * period) / 1e6);
  const perRow = Math.min(Math.max(frames, 1), MOST_POINTS);
  const shown = shownChannels(channelsOf(description));
  const names = shown.map((channel) => description.channels?.[channel] ?? String(channel));
  return { kind: "lines", traces: shown.length, perRow, names };
}

/** The traces of a run's guests: no extractor draws them, for the model does not see them. */
export class GuestTraces {
  readonly #period: Micros;
  /** By description: a guest that comes back as another begins anew. */
  readonly #traces = new WeakMap<StreamDescription, ChannelTraces>();

  /** @param period Of the grid. */
  constructor(period: Micros) {
    this.#period = period;
  }

  /**
   * Takes the guest's cell of the next row.
   *
   * @returns Its view; undefined where it is missing, or not drawn as traces. Borrowed until the next row.
   */
  push(description: StreamDescription, cell: Cell, time: Micros): Uint8Array | undefined {
    const { dtype } = description;
    if (cell.presence === "missing" || dtype === "utf8") return undefined;
    const traces = this.#traces.get(description) ?? this.#begin(description);
    traces?.push(borrowNumbers(cell.payload, dtype), time);
    return traces?.view;
  }

  #begin(description: StreamDescription): ChannelTraces | undefined {
    const view = guestView(description, this.#period);
    if (view.kind !== "lines") return undefined;
    const { perRow } = view;
    const traces = new ChannelTraces({ channels: channelsOf(description), perRow });
    this.#traces.set(description, traces);
    return traces;
  }
}

function channelsOf({ shape }: StreamDescription): number {
  return shape.reduce((product, length) => product * length, 1);
}
