import type { LabelLine } from "./LabelLine.ts";

/** Stands between a slot and its label, for a form that knows labels only. */
const BETWEEN = ": ";

/** Labels as Audacity's label track: onset, end and `slot: label`, apart by tabs. */
export function formatAudacity(labels: readonly LabelLine[]): string {
  return labels
    .map(({ label, slot, from, to }) => {
      const text = (slot === "" ? label : `${slot}${BETWEEN}${label}`).replaceAll(/[\t\n]+/g, " ");
      return `${from.toFixed(6)}\t${to.toFixed(6)}\t${text}\n`;
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
    const at = said.indexOf(BETWEEN);
    const [slot, label] =
      at > 0 ? [said.slice(0, at), said.slice(at + BETWEEN.length)] : ["", said];
    labels.push({ label, slot, from: start, to: end });
  }
  return { labels, wrong };
}
