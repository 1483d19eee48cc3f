import type { Rng } from "../../../tensor/Rng.ts";
import { type Micros, micros } from "../../../units.ts";
import type { KnownRow } from "./StreamAnswers.ts";

/** A label as it comes in while a stream is played. */
export interface GivenLabel {
  /** Row after which it comes. */
  readonly told: number;
  /** Index of the class that it names. */
  readonly label: number;
  /** What it is about. */
  readonly from: Micros;
  readonly to: Micros;
}

/** What labels are given to. */
export interface LabelledStream {
  readonly rows: readonly Pick<KnownRow, "label">[];
  /** Number of classes; the first is silence. */
  readonly classes: number;
  readonly rowMicros: number;
}

/** One moment in so many is labelled, and how late, in µs. */
const LABEL_EVERY = 10;
const LATE = 2e6;
/** Of who labels whole events: how far an end may be off, the share that is wrong, and how late they come, in µs. */
const OFF = 120_000;
const MISTAKEN = 0.05;
const LATER = [2e6, 8e6] as const;

/**
 * Labels single moments at equal distances, each two seconds late.
 *
 * @param flipped Share of labels that name another class.
 */
export function labelMoments(stream: LabelledStream, flipped: number, rng: Rng): GivenLabel[] {
  const { rows, classes, rowMicros } = stream;
  const late = Math.round(LATE / rowMicros);
  return rows.flatMap(({ label }, at) => {
    if (at % LABEL_EVERY !== 0) return [];
    const named = rng.uniform() < flipped ? another(label, classes, rng) : label;
    const [from, to] = [micros(at * rowMicros), micros((at + 1) * rowMicros)];
    return [{ told: at + late, label: named, from, to }];
  });
}

/**
 * Labels as people do: whole events, one in ten, drawn; silence never. Ends are up to 120 ms off, one in twenty
 * names another class, and they come two to eight seconds after the event, not always in order.
 */
export function labelEvents(stream: LabelledStream, rng: Rng): GivenLabel[] {
  const { rows, classes, rowMicros } = stream;
  const labels: GivenLabel[] = [];
  for (let begin = 0; begin < rows.length; ) {
    const { label } = rows[begin] as Pick<KnownRow, "label">;
    let end = begin;
    while (rows[end]?.label === label) end++;
    if (label !== 0 && rng.uniform() < 1 / LABEL_EVERY) {
      const [first, last] = [begin, end].map((row) =>
        Math.round(row * rowMicros + rng.uniform(-OFF, OFF)),
      ) as [number, number];
      labels.push({
        told: end + Math.round(rng.uniform(...LATER) / rowMicros),
        label: rng.uniform() < MISTAKEN ? another(label, classes, rng) : label,
        from: micros(first),
        // The shortest events are no longer than their ends may be off.
        to: micros(Math.max(last, first + rowMicros)),
      });
    }
    begin = end;
  }
  return labels.sort((a, b) => a.told - b.told);
}

function another(label: number, classes: number, rng: Rng): number {
  return (label + rng.int(1, classes)) % classes;
}
