import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { counted } from "../units.ts";
import { compareMethods } from "./compareMethods.ts";
import { type Headline, type MetricTable, metricName } from "./Study.ts";

/** What `docs/results/data/<study>-<set>.json` holds. */
export interface ResultsFile {
  readonly evaluate: string;
  readonly idea?: string;
  readonly headlines?: readonly Headline[];
  readonly set: string;
  readonly split: string;
  readonly seeds: number;
  readonly metrics: MetricTable;
  readonly seconds: number;
  readonly peakMiB: number;
}

/** So many figures stand in the index for a study that names no headlines. */
const FIRST_FIGURES = 4;

/** Studies whose method is written otherwise than the study. */
const METHODS: Readonly<Record<string, string>> = {
  cmg: "CMG",
  decur: "DeCUR",
  gmc: "GMC",
  imlrs: "IML-RS",
  mla: "MLA",
};

const INTRODUCTION = `# Results

Each page is one method on one set of real recordings (\`synthetic\` is generated): the method as it is
used here, the baselines it has to beat, and the method with one part removed at a time. Training uses
the set's training part alone, and no run chooses anything by the part it is tested on; but some sizes
and schedules were settled with figures on \`dev\` in view, so those figures are a little optimistic.
Figures are means over seeds ± one standard deviation; differences smaller than that mean nothing, and
with a single seed the spread is unknown.

The tables give the figures that a method is meant for, beside the baselines that were run; the page behind
a set's name has all of them, and says what each baseline is. Accuracies are shares of 1. The pages and this
index are written by \`npm run evaluate -- METHOD --data DIR --write-results\`.`;

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
    const rows = own.flatMap((file) => rowsOf(file));
    return [
      `## ${METHODS[study] ?? study}`,
      ...(idea === undefined ? [] : [idea]),
      [
        `| set | | ${METHODS[study] ?? study} | beside it | tested on |`,
        "| --- | --- | --: | --- | --- |",
        ...rows,
      ].join("\n"),
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

/** One line of the table for each headline that was measured. */
function rowsOf({
  evaluate,
  set,
  split,
  seeds,
  metrics,
  headlines,
}: ResultsFile): readonly string[] {
  const tested = `${split}, ${counted(seeds, "seed")}`;
  return (headlines ?? firstFigures(metrics))
    .filter(({ metric }) => metric in metrics)
    .map(({ says, metric, against }, line) => {
      const others = against.flatMap((variant) => {
        const name = metricName(metric, variant);
        return name in metrics ? [`${variant} ${shown(metrics, name)}`] : [];
      });
      const [page, on] = line === 0 ? [`[${set}](${evaluate}-${set}.md)`, tested] : ["", ""];
      return `| ${[page, says, shown(metrics, metric), others.join(", "), on].join(" | ")} |`;
    });
}

/** What a study shows that names no headlines: the method's first figures, by their own names. */
function firstFigures(metrics: MetricTable): readonly Headline[] {
  return Object.keys(metrics)
    .filter((metric) => !metric.includes("@"))
    .slice(0, FIRST_FIGURES)
    .map((metric) => ({ says: metric, metric, against: [] }));
}

function shown(metrics: MetricTable, name: string): string {
  const { mean = 0, std = 0 } = metrics[name] ?? {};
  return std === 0 ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${std.toFixed(3)}`;
}
