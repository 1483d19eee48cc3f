import { ConfigError } from "../../errors.ts";
import { formatAudacity, labelsOfAudacity } from "./audacity.ts";
import { formatCsvLabels, labelsOfCsv } from "./csvLabels.ts";
import { formatElan, labelsOfElan } from "./elan.ts";
import type { LabelLine } from "./LabelLine.ts";
import { formatSubRip, labelsOfSubRip } from "./subRip.ts";
import { formatWebVtt, labelsOfWebVtt } from "./webVtt.ts";

/** Labels read from a file, and in its words what in it is none. */
export interface LabelsRead {
  readonly labels: readonly LabelLine[];
  readonly wrong: readonly string[];
}

interface LabelForm {
  readonly name: string;
  readonly endings: readonly string[];
  readonly read: (text: string) => LabelsRead;
  readonly write: (labels: readonly LabelLine[]) => string;
}

const FORMS: readonly LabelForm[] = [
  {
    name: "WebVTT",
    endings: [".vtt"],
    read: (text) => ({ labels: labelsOfWebVtt(text), wrong: [] }),
    write: formatWebVtt,
  },
  {
    name: "SubRip",
    endings: [".srt"],
    read: (text) => ({ labels: labelsOfSubRip(text), wrong: [] }),
    write: formatSubRip,
  },
  { name: "Audacity", endings: [".txt"], read: labelsOfAudacity, write: formatAudacity },
  { name: "CSV", endings: [".csv", ".tsv"], read: labelsOfCsv, write: formatCsvLabels },
  { name: "ELAN", endings: [".eaf"], read: labelsOfElan, write: formatElan },
];

/** The endings by which files of labels are known. */
export const LABEL_ENDINGS: readonly string[] = FORMS.flatMap(({ endings }) => endings);

/**
 * The labels in a file, in the form that its name's ending says.
 *
 * @throws {ConfigError} If the ending is none of `LABEL_ENDINGS`, or the text is no file of that form.
 */
export function readLabelFile(path: string, text: string): LabelsRead {
  return formOf(path).read(text);
}

/**
 * Labels as the text of a file, in the form that its name's ending says, by their onset.
 *
 * @throws {ConfigError} If the ending is none of `LABEL_ENDINGS`.
 */
export function formatLabelFile(path: string, labels: readonly LabelLine[]): string {
  return formOf(path).write(labels.toSorted((a, b) => a.from - b.from || a.to - b.to));
}

function formOf(path: string): LabelForm {
  const ending = /\.[^./\\]*$/.exec(path)?.[0].toLowerCase() ?? "";
  const form = FORMS.find(({ endings }) => endings.includes(ending));
  if (form !== undefined) return form;
  const known = FORMS.map(({ name, endings }) => `${endings.join(" or ")} (${name})`).join(", ");
  throw new ConfigError(path, `expected a file of labels, ${known}, got "${ending}"`);
}
