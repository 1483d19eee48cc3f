import { access, writeFile } from "node:fs/promises";

import { ConfigError } from "../errors.ts";
import type { Label } from "../frames/EventSpan.ts";
import { appendLabels, removeLabels } from "../log/editLabels.ts";
import { fileMetadata } from "../log/fileMetadata.ts";
import { type LabelLine, labelOfLine, lineOfLabel } from "../log/labels/LabelLine.ts";
import { formatLabelFile } from "../log/labels/labelFile.ts";
import { logInfo } from "../log/logInfo.ts";
import { counted, type Micros, micros } from "../units.ts";
import { interruption } from "./interruption.ts";
import {
  expectThere,
  expectWithin,
  isChosen,
  liesOutside,
  outside,
  spanText,
} from "./labelBounds.ts";
import type { LabelChoice, LabelSpec } from "./labelSpec.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { readLabels } from "./readLabels.ts";
import { textTable } from "./textTable.ts";
import { startOf } from "./timeIn.ts";

/** What is to become of a recording's labels, in this order: removed, added, imported, exported, listed. */
export interface LabelRecordingFlags {
  readonly remove: readonly LabelChoice[];
  readonly add: readonly LabelSpec[];
  readonly import: readonly string[];
  readonly export?: string;
  readonly offset: number;
  readonly by: string;
  readonly slot?: string;
  readonly list?: true;
  readonly json?: true;
}

/** Labels a recording; says what was done and, where nothing else was asked, lists the labels. */
export async function labelRecording(file: string, flags: LabelRecordingFlags): Promise<void> {
  const start = await startOf(file);
  // Before anything is changed: a file that is none changes nothing.
  const { lines, wrong } = await importedLines(flags.import);
  const info = await logInfo(file);
  const told = { file, start, info };
  expectThere(flags.remove, told);
  expectWithin(flags.add, told);
  const removed =
    flags.remove.length === 0
      ? []
      : await removeLabels(
          file,
          (label) => flags.remove.some((choice) => isChosen(choice, label, start)),
          interruption().signal,
        );
  const asked = flags.add.map(({ label, from, to }) => ({
    label,
    from: from(start),
    to: to(start),
  }));
  const at = micros(start + flags.offset);
  const said = [
    ...asked.map((label): Label => ({ ...label, slot: "", by: flags.by })),
    ...lines.map((line) => labelOfLine(line, at, flags.by)),
  ];
  const inside = said.filter((label) => !liesOutside(label, told));
  if (inside.length === 0 && said[0] !== undefined) throw outside(said[0], told);
  const added = await withSlots(inside, file, flags.slot);
  const before = (await logInfo(file)).labels;
  const isNew = (label: Label): boolean => !before.some((known) => isSame(known, label));
  const fresh = added.filter(isNew);
  await appendLabels(file, fresh);
  const labels = (await logInfo(file)).labels.toSorted((a, b) => a.from - b.from || a.to - b.to);
  if (flags.export !== undefined) await exportLabels(flags.export, labels, start);
  const isAsked =
    flags.remove.length + flags.add.length + flags.import.length > 0 || flags.export !== undefined;
  if (flags.json) {
    const lines = labels.map((label) => ({ ...lineOfLabel(label, start), by: label.by }));
    const left = said.length - inside.length;
    const counts = { added: fresh.length, removed: removed.length, wrong, outside: left };
    process.stdout.write(`${JSON.stringify({ file, ...counts, labels: lines })}\n`);
    return;
  }
  if (isAsked) {
    const known = added.length - fresh.length;
    const parts = [
      counted(labels.length, "label"),
      ...(fresh.length > 0 ? [`${fresh.length} added`] : []),
      ...(known > 0 ? [counted(known, "was there already", "were there already")] : []),
      ...(removed.length > 0 ? [`${removed.length} removed`] : []),
      ...(wrong > 0 ? [counted(wrong, "line was none", "lines were none")] : []),
      ...(said.length > inside.length
        ? [`${said.length - inside.length} left out, outside the recording (${spanText(told)})`]
        : []),
    ];
    process.stdout.write(`${file}: ${parts.join(", ")}\n`);
  }
  if (!isAsked || flags.list) process.stdout.write(`${table(labels, start).join("\n")}\n`);
}

/**
 * Writes labels as a file in the form that its ending says.
 *
 * @throws {ConfigError} If there is a file already, or the ending says nothing.
 */
export async function exportLabels(
  path: string,
  labels: readonly Label[],
  start: Micros,
): Promise<void> {
  const text = formatLabelFile(
    path,
    labels.map((label) => lineOfLabel(label, start)),
  );
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere)
    throw new ConfigError(path, "expected no file there, got one: name another, or remove it");
  await writeFile(path, text);
}

async function importedLines(
  paths: readonly string[],
): Promise<{ readonly lines: readonly LabelLine[]; readonly wrong: number }> {
  const lines: LabelLine[] = [];
  let wrong = 0;
  for (const path of paths) {
    const read = await readLabels(path);
    const [none] = read.wrong;
    if (read.labels.length === 0 && none !== undefined)
      throw new ConfigError(path, `expected a label on each line, got none: ${none}`);
    lines.push(...read.labels);
    wrong += read.wrong.length;
  }
  return { lines, wrong };
}

/** The labels with the slot that is told, or that the recording's own pipeline has for them, where known. */
async function withSlots(
  labels: readonly Label[],
  file: string,
  told: string | undefined,
): Promise<readonly Label[]> {
  if (labels.every(({ slot }) => slot !== "")) return labels;
  const { pipeline } = (await fileMetadata(file)).metadata;
  const slots =
    told !== undefined || pipeline === undefined
      ? {}
      : await loadPipeline(pipeline).then(
          (definition) => definition.slots,
          // A recording may outlive its pipeline.
          () => ({}) as Readonly<Record<string, readonly string[]>>,
        );
  const known = Object.entries(slots);
  const slotOf = (label: string): string =>
    told ?? known.find(([, own]) => own.includes(label))?.[0] ?? "";
  return labels.map((label) =>
    label.slot === "" ? { ...label, slot: slotOf(label.label) } : label,
  );
}

function isSame(a: Label, b: Label): boolean {
  return a.label === b.label && a.slot === b.slot && a.from === b.from && a.to === b.to;
}

function table(labels: readonly Label[], start: Micros): string[] {
  const seconds = (time: Micros): string => ((time - start) / 1e6).toFixed(3);
  return textTable(
    [
      ...[
        { title: "from s", align: "right" as const },
        { title: "to s", align: "right" as const },
      ],
      ...[{ title: "label" }, { title: "slot" }, { title: "by" }],
    ],
    labels.map(({ from, to, label, slot, by }) => [seconds(from), seconds(to), label, slot, by]),
  );
}
