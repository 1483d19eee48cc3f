/** One cue: what is said, from when to when, in seconds from the start. */
export interface Cue {
  readonly from: number;
  readonly to: number;
  readonly text: string;
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
      };
    });
}

function inSeconds(hours = "0", minutes = "0", seconds = "0"): number {
  // In whole milliseconds, or sums of decimals would be off by some in the last place.
  const millis = Math.round(Number(seconds.replace(",", ".")) * 1_000);
  return (Number(hours) * 3_600_000 + Number(minutes) * 60_000 + millis) / 1_000;
}
