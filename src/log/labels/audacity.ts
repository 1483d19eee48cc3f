import { joined, parted } from "./between.ts";
import type { LabelLine } from "./LabelLine.ts";

/** Labels as Audacity's label track: onset, end and `slot: label`, apart by tabs. */
export function formatAudacity(labels: readonly LabelLine[]): string {
  return labels
    .map((line) => {
      const text = joined(line).replaceAll(/[\t\n]+/g, " ");
      return `${line.from.toFixed(6)}\t${line.to.toFixed(6)}\t${text}\n`;
    })
    .join("");
}

/**
 * Labels from an Audacity label track; lines of frequencies (they begin with a backslash) are left out.
 *
 * @returns The labels, and the lines that are none.
 */
export function labelsOfAudacity(text: string): {
  readonly labels: readonly LabelLine[];
  readonly wrong: readonly string[];
} {
  const labels: LabelLine[] = [];
  const wrong: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "" || line.startsWith("\\")) continue;
    const [from = "", to = "", ...rest] = line.split("\t");
    const times = [from, to].map((time) => Number(time.replace(",", ".")));
    const said = rest.join(" ").trim();
    const [start = Number.NaN, end = Number.NaN] = times;
    if (from === "" || to === "" || !(start >= 0) || !(end >= start) || said === "") {
      wrong.push(line);
      continue;
    }
    labels.push({ ...parted(said), from: start, to: end });
  }
  return { labels, wrong };
}
