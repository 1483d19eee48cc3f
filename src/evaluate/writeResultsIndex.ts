import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { compareMethods } from "./compareMethods.ts";
import type { MetricTable } from "./Study.ts";

/** What `docs/results/data/<study>-<set>.json` holds. */
export interface ResultsFile {
  readonly evaluate: string;
  readonly idea?: string;
  readonly set: string;
  readonly split: string;
  readonly seeds: number;
  readonly metrics: MetricTable;
  readonly seconds: number;
  readonly peakMiB: number;
}

/** So many of the method's own figures stand in the index. */
const HEADLINES = 8;

const INTRODUCTION = `# Results

Each page is one method on one set of real recordings (\`synthetic\` is generated): the method as it is
used here, the baselines it has to beat, and the method with one part removed at a time. Training uses
the set's training part alone, and no run chooses anything by the part it is tested on; but some sizes
and schedules were settled with figures on \`dev\` in view, so those figures are a little optimistic.
Figures are means over seeds ± one standard deviation; differences smaller than that mean nothing, and
with a single seed the spread is unknown.

*transfer/A->B* is the accuracy of a classifier trained on A and tested on B; *ceiling/A* that of one
trained and tested on A; *accuracy/a+b* that of a model that has only a and b; *probe* that of a linear
classifier on frozen features. What follows an *@* is the condition or the variant. The pages and this index
are written by \`npm run evaluate -- METHOD --data DIR --write-results\`.`;

const COMPARISON = `## All methods side by side

Accuracy by the modalities that are there, one picture per set that several methods were tried on; the
best of each row is bold, an empty frame means that the method was not tested on it. Each method is used
as intended: MLA and IML-RS learn from labels; GMC has a classifier on its joint space, CMG one on the
codes of a single modality (so it has no figure for several), DeCUR a linear classifier on frozen
features, with all labels. Networks differ in size and schedule, so this is no ranking: compare the rows
of one method to see what it loses with each sensor.`;

/** Writes `README.md` of the results, and its pictures, from all figures that are there. */
export async function writeResultsIndex(folder: string): Promise<void> {
  const names = (await readdir(join(folder, "data")))
    .filter((name) => name.endsWith(".json"))
    .sort();
  const files = await Promise.all(
    names.map(async (name): Promise<ResultsFile> => {
      const text = await readFile(join(folder, "data", name), "utf8");
      return JSON.parse(text) as ResultsFile; // our own file
    }),
  );
  const studies = [...new Set(files.map(({ evaluate }) => evaluate))];
  const sections = studies.map((study) => {
    const own = files.filter(({ evaluate }) => evaluate === study);
    const idea = own.find(({ idea: text }) => text !== undefined)?.idea;
    const rows = own.map((file) => {
      const seeds = `${file.split}, ${file.seeds} seed${file.seeds === 1 ? "" : "s"}`;
      return `| [${file.set}](${study}-${file.set}.md) | ${seeds} | ${headlines(file.metrics)} |`;
    });
    return [
      `## ${study}`,
      ...(idea === undefined ? [] : [idea]),
      ["| set | tested on | the method's own figures |", "| --- | --- | --- |", ...rows].join("\n"),
    ].join("\n\n");
  });
  const comparisons = compareMethods(files);
  const pictures = comparisons.map(({ set }) => `![${set}: accuracy by what is there](${set}.svg)`);
  for (const { set, svg } of comparisons) await writeFile(join(folder, `${set}.svg`), svg);
  const parts = [
    INTRODUCTION,
    ...(comparisons.length > 0 ? [COMPARISON, ...pictures] : []),
    ...sections,
  ];
  await writeFile(join(folder, "README.md"), `${parts.join("\n\n")}\n`);
}

/** The method's own figures: those without a variant, in the order they were measured. */
function headlines(metrics: MetricTable): string {
  return Object.entries(metrics)
    .filter(([name]) => !name.includes("@") || name.split("@")[1]?.match(/^-?\d+dB$|^labels\d+$/))
    .slice(0, HEADLINES)
    .map(([name, { mean }]) => `${name} ${mean.toFixed(3)}`)
    .join(", ");
}
