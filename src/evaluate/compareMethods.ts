import { drawSubsetHeatMap } from "./drawSubsetHeatMap.ts";
import type { MetricSummary, MetricTable } from "./Study.ts";
import { metricName } from "./Study.ts";

/** Figures of one method on one set, as `docs/results/data` keeps them. */
export interface MethodFigures {
  /** Name of the study. */
  readonly evaluate: string;
  readonly set: string;
  readonly metrics: MetricTable;
}

/** All methods on one set, by the modalities that are there. */
export interface MethodComparison {
  readonly set: string;
  readonly svg: string;
}

/** One column: whose figures, and where they stand in a study's metrics. */
interface Column {
  readonly label: string;
  readonly study: string;
  readonly variant: string;
  /** `accuracy/<subset><condition>`. */
  readonly kind: string;
  readonly condition?: string;
}

/** In the order of the picture: a method, then the baselines that were run beside it. */
const COLUMNS: readonly Column[] = [
  { label: "MLA", study: "mla", variant: "", kind: "accuracy" },
  { label: "late fusion", study: "mla", variant: "late", kind: "accuracy" },
  { label: "joint, zero fill", study: "mla", variant: "zero-fill", kind: "accuracy" },
  { label: "joint, all subsets", study: "mla", variant: "all-subsets", kind: "accuracy" },
  { label: "IML-RS", study: "imlrs", variant: "", kind: "accuracy" },
  { label: "MultiViT", study: "imlrs", variant: "multivit", kind: "accuracy" },
  { label: "specialists", study: "imlrs", variant: "specialist", kind: "accuracy" },
  { label: "GMC", study: "gmc", variant: "", kind: "accuracy" },
  { label: "CMG, codes", study: "cmg", variant: "", kind: "ceiling" },
  { label: "DeCUR, probe", study: "decur", variant: "", kind: "probe", condition: "@labels100" },
  {
    label: "Barlow Twins, probe",
    study: "decur",
    variant: "barlow-cross",
    kind: "probe",
    condition: "@labels100",
  },
];

/** Names under which studies give the figure of all modalities together. */
const WHOLE = ["joint", "all"];

/**
 * Heat maps of accuracy by subset of modalities, all methods side by side, for every set on which at
 * least two methods were asked for subsets.
 *
 * The modalities of a set are those that any method was asked for together (`a+b`); a figure named
 * `joint` or `all` counts as that of all of them.
 */
export function compareMethods(files: readonly MethodFigures[]): readonly MethodComparison[] {
  const sets = [...new Set(files.map(({ set }) => set))].sort();
  return sets.flatMap(
    (set) =>
      compareOn(
        set,
        files.filter((file) => file.set === set),
      ) ?? [],
  );
}

function compareOn(set: string, files: readonly MethodFigures[]): MethodComparison | undefined {
  const modalities = modalitiesOf(files);
  const subsets = Array.from({ length: 2 ** modalities.length - 1 }, (_, bits) =>
    modalities.filter((_name, i) => ((bits + 1) >> i) & 1),
  ).sort((a, b) => a.length - b.length);
  const columns = COLUMNS.flatMap((column) => {
    const metrics = files.find(({ evaluate }) => evaluate === column.study)?.metrics ?? {};
    const figures = subsets.flatMap((subset): [string, MetricSummary][] => {
      const found = figureOf(metrics, column, subset, subset.length === modalities.length);
      return found === undefined ? [] : [[metricName(keyOf(subset), column.label), found]];
    });
    return figures.length === 0 ? [] : [{ column, figures }];
  });
  if (new Set(columns.map(({ column }) => column.study)).size < 2) return undefined;
  return {
    set,
    svg: drawSubsetHeatMap({
      title: `${set}: accuracy by what is there`,
      subsets: subsets.map((subset) => ({ label: subset.join(" + "), metric: keyOf(subset) })),
      methods: columns.map(({ column: { label } }) => ({ label, variant: label })),
      metrics: Object.fromEntries(columns.flatMap(({ figures }) => figures)),
    }),
  };
}

/** In the order of the longest subset that was asked for, then of first mention. */
function modalitiesOf(files: readonly MethodFigures[]): readonly string[] {
  const asked = files.flatMap(({ metrics }) =>
    Object.keys(metrics).flatMap((name) => {
      const together = name.split("@")[0]?.split("/")[1]?.split("+") ?? [];
      return together.length > 1 ? [together] : [];
    }),
  );
  return [...new Set(asked.sort((a, b) => b.length - a.length).flat())];
}

/** A study's figure of a subset, whatever the order in which it names the modalities. */
function figureOf(
  metrics: MetricTable,
  { kind, condition = "", variant }: Column,
  subset: readonly string[],
  isWhole: boolean,
): MetricSummary | undefined {
  const wanted = [...subset].sort().join("+");
  for (const [name, figure] of Object.entries(metrics)) {
    const [head = "", ...tail] = name.split("@");
    const [own, asked = ""] = head.split("/");
    if (own !== kind || metricName(`${head}${condition}`, variant) !== [head, ...tail].join("@"))
      continue;
    const isSame = asked.split("+").sort().join("+") === wanted;
    if (isSame || (isWhole && WHOLE.includes(asked))) return figure;
  }
  return undefined;
}

function keyOf(subset: readonly string[]): string {
  return `accuracy/${subset.join("+")}`;
}
