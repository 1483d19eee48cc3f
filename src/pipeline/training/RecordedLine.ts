import type { Label } from "../../frames/EventSpan.ts";
import type { RowLine } from "../../learn/rows/RowLine.ts";
import type { Micros } from "../../units.ts";

/** A stretch of a recording as the model meets it, with what is known to have happened in it. */
export interface RecordedLine extends RowLine {
  /** Instant of its first row. */
  readonly from: Micros;
  /** Labels that the recording carries, ascending; those of no known class left out. */
  readonly truth: readonly Label[];
}

/**
 * The rows [from, to) of a line as a line of its own; its arrays are views.
 *
 * @param period Time between two rows, in µs.
 */
export function partOf(line: RecordedLine, from: number, to: number, period: number): RecordedLine {
  const [begin, end] = [line.from + from * period, line.from + to * period];
  return {
    rows: to - from,
    from: begin as Micros,
    labels: line.labels.subarray(from, to),
    truth: line.truth.filter((label) => label.from >= begin && label.to <= end),
    streams: Object.fromEntries(
      Object.entries(line.streams).map(([name, { size, x, present }]) => [
        name,
        { size, x: x.subarray(from * size, to * size), present: present.subarray(from, to) },
      ]),
    ),
  };
}
