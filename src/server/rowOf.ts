import type { Cell } from "../frames/Frameset.ts";
import type { Reading } from "../frames/Reading.ts";
import type { Candidate, CaptionView, Row, StreamRow } from "./messages.ts";

/** What besides the reading a dashboard shows of one instant. */
export interface RowParts {
  readonly reading: Reading;
  /** The frameset's cells: how each stream's value came about, and why one is missing. */
  readonly cells: Readonly<Record<string, Cell>>;
  /** Bytes to draw, by stream; copied, so that their owner may reuse them. */
  readonly views: Readonly<Record<string, Uint8Array | undefined>>;
  /** Words that came in this row, by stream. */
  readonly captions: Readonly<Record<string, readonly CaptionView[] | undefined>>;
  /** Classes to keep per answer, best first. */
  readonly top: number;
}

/** One row for the dashboard from what the pipeline knows about one instant. */
export function rowOf({ reading, cells, views, captions, top }: RowParts): Row {
  const streams = Object.entries(cells).map(([name, cell]): [string, StreamRow] => {
    const said = reading.streams[name];
    const view = views[name];
    const words = captions[name];
    return [
      name,
      {
        presence: cell.presence,
        ...(cell.presence === "missing" && { reason: cell.reason }),
        ...(said !== undefined && {
          reading: {
            code: said.code,
            margin: said.margin,
            weight: said.weight,
            top: best(said.logProbabilities, top),
          },
        }),
        ...(view !== undefined && { view: view.slice() }),
        ...(words !== undefined && words.length > 0 && { captions: words }),
      },
    ];
  });
  return {
    time: reading.time,
    fused: best(reading.logProbabilities, top),
    streams: Object.fromEntries(streams),
    subsets: reading.subsets.flatMap((subset) =>
      best(subset.logProbabilities, 1).map((answer) => ({ streams: subset.streams, ...answer })),
    ),
  };
}

/**
 * The most probable classes, best first.
 *
 * @param logProbabilities [classes] natural log.
 * @param count How many of them; fewer where there are fewer classes.
 */
export function best(logProbabilities: Float32Array, count: number): Candidate[] {
  return Array.from(logProbabilities, (value, index) => ({
    class: index,
    probability: Math.min(1, Math.exp(value)),
  }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}
