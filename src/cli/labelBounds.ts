import { ConfigError } from "../errors.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { LogInfo } from "../log/logInfo.ts";
import { type Micros, micros, periodUs } from "../units.ts";
import type { LabelChoice, LabelSpec } from "./labelSpec.ts";

/** A recording that is labelled. */
export interface LabelledRecording {
  readonly file: string;
  /** Second 0. */
  readonly start: Micros;
  readonly info: LogInfo;
}

type Span = Pick<Label, "from" | "to">;

/** Bounds are rounded outwards to this, in µs: who labels to the end reads it off a rounded number. */
const ROUNDED_TO = 100_000;
/** Names that an error lists. */
const MOST_NAMES = 20;

/**
 * Refuses labels of which a part lies where nothing was recorded: nobody could learn from them, and most likely
 * a time was mistyped.
 *
 * @throws {ConfigError} With where the recording begins and ends.
 */
export function expectWithin(specs: readonly LabelSpec[], recording: LabelledRecording): void {
  const { start } = recording;
  const span = spanOf(recording);
  for (const { label, from, to } of specs) {
    const asked = { label, from: from(start), to: to(start) };
    if (asked.from < span.from || asked.to > span.to) throw outside(asked, recording);
  }
}

/**
 * Refuses to remove what is not there.
 *
 * @throws {ConfigError} With the labels that are.
 */
export function expectThere(
  choices: readonly LabelChoice[],
  { file, start, info: { labels } }: LabelledRecording,
): void {
  for (const choice of choices) {
    if (labels.some((label) => isChosen(choice, label, start))) continue;
    const names = [...new Set(labels.map(({ label }) => label))].sort();
    const { label } = choice;
    const isName = label === "" || names.includes(label);
    const got = isName ? `none${label === "" ? "" : ` of ${label}`} at that time` : label;
    const there = names.length === 0 ? "which has none" : listed(names);
    throw new ConfigError(file, `expected a label of the recording (${there}), got ${got}`);
  }
}

/** Whether a person means this label. */
export function isChosen(
  { label: name, from, to }: LabelChoice,
  label: Label,
  start: Micros,
): boolean {
  if (name !== "" && name !== label.label) return false;
  if (from === undefined || to === undefined) return true;
  return label.from <= to(start) && label.to >= from(start);
}

/** Whether no part of a label lies in the recording. */
export function liesOutside({ from, to }: Span, recording: LabelledRecording): boolean {
  const span = spanOf(recording);
  return from >= span.to || to <= span.from;
}

/** Says of a label that it lies outside the recording. */
export function outside(
  { label, from, to }: Span & { readonly label: string },
  recording: LabelledRecording,
): ConfigError {
  const [first, last] = [from, to].map((time) => secondsIn(time, recording, 3));
  return new ConfigError(
    recording.file,
    `expected a label within the recording (${spanText(recording)}), got ${label}@${first}s-${last}s`,
  );
}

/** From when to when something was recorded, for people. */
export function spanText(recording: LabelledRecording): string {
  const { from, to } = spanOf(recording);
  return `${secondsIn(from, recording, 1)} s to ${secondsIn(to, recording, 1)} s`;
}

/** From the first frame or second 0 to the end of the last frame: labels may be put on record long after. */
function spanOf({ start, info }: LabelledRecording): Span {
  const streams = Object.values(info.streams);
  const first = Math.min(start, ...streams.map(({ from }) => from));
  const last = Math.max(start, ...streams.map(({ to, description }) => to + lengthOf(description)));
  return {
    from: micros(start + Math.floor((first - start) / ROUNDED_TO) * ROUNDED_TO),
    to: micros(start + Math.ceil((last - start) / ROUNDED_TO) * ROUNDED_TO),
  };
}

/** How long one frame of a stream stands for, in µs. */
function lengthOf(description: StreamDescription | undefined): number {
  if (description === undefined || description.rate === "irregular") return 0;
  return periodUs(description.rate);
}

function secondsIn(time: Micros, { start }: LabelledRecording, digits: number): string {
  const text = ((time - start) / 1e6).toFixed(digits);
  return digits > 1 ? String(Number(text)) : text;
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  const first = names.slice(0, MOST_NAMES).join(", ");
  return more > 0 ? `${first} and ${more} more` : first;
}
