import { joined, parted } from "./between.ts";
import type { LabelLine } from "./LabelLine.ts";
import { clockTime, parseWebVtt } from "./webVtt.ts";

/** Labels as SubRip: numbered cues, commas in their times, the slot before its label. */
export function formatSubRip(labels: readonly LabelLine[]): string {
  return labels
    .map((line, index) => {
      const [from, to] = [line.from, line.to].map((time) => clockTime(time).replace(".", ","));
      return `${index + 1}\n${from} --> ${to}\n${joined(line)}\n`;
    })
    .join("\n");
}

/** Labels from SubRip. */
export function labelsOfSubRip(text: string): readonly LabelLine[] {
  return parseWebVtt(text).map(({ from, to, text: said }) => ({ ...parted(said), from, to }));
}
