import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { SYNTHETIC } from "./DataSet.ts";
import { drawDotPlot } from "./drawDotPlot.ts";
import { markdownTable } from "./markdownTable.ts";
import { resultTables } from "./resultTables.ts";
import type { StudyReport } from "./runStudy.ts";
import { type ResultsFile, writeResultsIndex } from "./writeResultsIndex.ts";

/** What is written, and where. */
export interface ResultsRequest {
  /** `docs/results`. */
  readonly folder: string;
  readonly report: StudyReport;
  readonly split: string;
  readonly seeds: number;
}

/**
 * Writes what a run gave as a page with tables and plots: `<study>-<set>.md`, its SVGs beside it, and
 * the figures themselves as JSON under `data/`; then the index of all pages anew.
 */
export async function writeResults({
  folder,
  report,
  split,
  seeds,
}: ResultsRequest): Promise<void> {
  const { study, set, metrics, seconds, peakMiB, results } = report;
  const name = `${study.name}-${set}`;
  const summaries = new Map(study.trials(set).map(({ variant, summary }) => [variant, summary]));
  const nameOf = (variant: string): string => (variant === "" ? study.name : variant);
  await mkdir(join(folder, "data"), { recursive: true });

  const sections: string[] = [];
  for (const table of resultTables(results, metrics)) {
    const heading = table.condition === "" ? table.kind : `${table.kind}, ${table.condition}`;
    const file = `${name}-${[table.kind, table.condition].filter(Boolean).join("-")}.svg`;
    sections.push(`## ${heading}\n\n${markdownTable(table, nameOf)}`);
    if (table.variants.length > 1) {
      await writeFile(join(folder, file), drawDotPlot(table, `${set}: ${heading}`, nameOf));
      sections.push(`![${heading}](${file})`);
    }
  }
  for (const { name: picture, caption, svg } of study.pictures?.(set, metrics) ?? []) {
    await writeFile(join(folder, `${name}-${picture}.svg`), svg);
    sections.push(`![${caption}](${name}-${picture}.svg)\n\n${caption}`);
  }
  const variants = [...new Set(results.map(({ variant }) => variant))];
  const notRun = [...summaries.keys()].filter((variant) => !variants.includes(variant)).map(nameOf);
  const page = [
    `# ${study.name} on ${set}`,
    study.about(set),
    `Tested on \`${split}\`, ${seedsOf(report, seeds)}. Written by`,
    `\`\`\`\nnpm run evaluate -- ${study.name} --data ${set === SYNTHETIC ? set : `DIR/${set}`} --split ${split} --seeds ${seeds} --write-results\n\`\`\``,
    `in ${Math.round(seconds)} s of trials and ${peakMiB} MiB at most.`,
    ...sections,
    study.verdict === undefined ? "" : `## What it says\n\n${study.verdict(set, metrics)}`,
    `## What was run\n\n${variants
      .map((variant) => `* **${nameOf(variant)}**: ${summaries.get(variant) ?? ""}`)
      .join("\n")}`,
    notRun.length === 0
      ? ""
      : `The study has more variants, which were not run for this page: ${notRun.join(", ")}.`,
  ].filter((part) => part !== "");
  await writeFile(join(folder, `${name}.md`), `${page.join("\n\n")}\n`);
  const figures: ResultsFile = {
    evaluate: study.name,
    ...(study.idea !== undefined && { idea: study.idea }),
    ...(study.headlines !== undefined && { headlines: study.headlines(set) }),
    set,
    split,
    seeds: results.filter(({ variant }) => variant === "").length || seeds,
    metrics,
    seconds,
    peakMiB,
  };
  await writeFile(
    join(folder, "data", `${name}.json`),
    `${JSON.stringify(figures, undefined, 2)}\n`,
  );
  await writeResultsIndex(folder);
}

/** How many seeds the figures rest on: where variants differ, the method's own and the fewest. */
function seedsOf({ results }: StudyReport, seeds: number): string {
  const count = (variant: string): number =>
    results.filter((result) => result.variant === variant).length;
  const counts = [...new Set(results.map(({ variant }) => variant))].map(count);
  const [own, fewest] = [count("") || seeds, Math.min(...counts)];
  if (own === 1) return "1 seed";
  const others = fewest < own ? ` of the method, ${fewest} or more of the others` : "";
  return `${own} seeds${others}, mean ± standard deviation`;
}
