import type { Label } from "../../frames/EventSpan.ts";
import { type Micros, micros } from "../../units.ts";

/** A label as files have it: timed in seconds from the start of what is labelled. */
export interface LabelLine {
  readonly label: string;
  /** What kind of label it is; empty where there is one kind. */
  readonly slot: string;
  readonly from: number;
  readonly to: number;
}

/** A label of a log as a line of a file. @param start Where second 0 of the file falls. */
export function lineOfLabel({ label, slot, from, to }: Label, start: Micros): LabelLine {
  return { label, slot, from: (from - start) / 1e6, to: (to - start) / 1e6 };
}

/** A line of a file as a label of a log. @param by Who says so. */
export function labelOfLine(
  { label, slot, from, to }: LabelLine,
  start: Micros,
  by: string,
): Label {
  const at = (seconds: number): Micros => micros(start + Math.round(seconds * 1e6));
  return { label, slot, from: at(from), to: at(to), by };
}
