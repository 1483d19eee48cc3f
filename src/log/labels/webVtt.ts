import type { LabelLine } from "./LabelLine.ts";

/** One cue: what is said, from when to when, in seconds from the start. */
export interface Cue {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** The line above its times; empty where there is none. */
  readonly id: string;
}

const TIMES = /^(?:(\d+):)?(\d{2}):(\d{2}[.,]\d{3})\s+-->\s+(?:(\d+):)?(\d{2}):(\d{2}[.,]\d{3})/;

/**
 * The cues of a WebVTT file in their order; tags, notes, styles and settings are left out, the lines of
 * a cue are joined by a space.
 *
 * W3C WebVTT 2019, sec. 4; SubRip's commas and lone blocks are taken too.
 */
export function parseWebVtt(text: string): readonly Cue[] {
  return text
    .replaceAll("\r", "")
    .split(/\n{2,}/)
    .flatMap((block) => {
      const lines = block.split("\n");
      const at = lines.findIndex((line) => TIMES.test(line));
      const match = TIMES.exec(lines[at] ?? "");
      if (match === null) return [];
      const [, fromHours, fromMinutes, fromSeconds, toHours, toMinutes, toSeconds] = match;
      const said = lines
        .slice(at + 1)
        .join(" ")
        .replaceAll(/<[^>]*>|\{\\[^}]*\}/g, "")
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&nbsp;", " ")
        .replaceAll("&amp;", "&")
        .replaceAll(/\s+/g, " ")
        .trim();
      if (said === "") return [];
      return {
        from: inSeconds(fromHours, fromMinutes, fromSeconds),
        to: inSeconds(toHours, toMinutes, toSeconds),
        text: said,
        id: lines[at - 1]?.trim() ?? "",
      };
    });
}

function inSeconds(hours = "0", minutes = "0", seconds = "0"): number {
  // In whole milliseconds, or sums of decimals would be off by some in the last place.
  const millis = Math.round(Number(seconds.replace(",", ".")) * 1_000);
  return (Number(hours) * 3_600_000 + Number(minutes) * 60_000 + millis) / 1_000;
}

/** Labels as WebVTT: one cue each, in order of their onset; the cue's id is the slot. */
export function formatWebVtt(labels: readonly LabelLine[]): string {
  const cues = labels.map(({ label, slot, from, to }) => {
    const text = label.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    return `${slot === "" ? "" : `${slot}\n`}${clockTime(from)} --> ${clockTime(to)}\n${text}\n`;
  });
  return ["WEBVTT\n", ...cues].join("\n");
}

/** Labels from WebVTT; a cue's id is its slot, unless it is only a number. */
export function labelsOfWebVtt(text: string): readonly LabelLine[] {
  return parseWebVtt(text).map(({ from, to, text: label, id }) => ({
    label,
    slot: /^\d*$/.test(id) ? "" : id,
    from,
    to,
  }));
}

/** Seconds as `hh:mm:ss.mmm`. */
export function clockTime(time: number): string {
  const millis = Math.round(time * 1_000);
  const part = (value: number, length: number): string => String(value).padStart(length, "0");
  const [hours, minutes, seconds] = [
    Math.floor(millis / 3_600_000),
    Math.floor(millis / 60_000) % 60,
    Math.floor(millis / 1_000) % 60,
  ];
  return `${part(hours, 2)}:${part(minutes, 2)}:${part(seconds, 2)}.${part(millis % 1_000, 3)}`;
}
