import { type MetricTable, metricName } from "../../Study.ts";
import { LABEL_SHARES } from "./probeSubsets.ts";

/** What the figures of a set say, from the means over seeds. */
export function verdict(set: string, metrics: MetricTable): string {
  return set === "synthetic"
    ? factorVerdict(metrics)
    : [probeVerdict(metrics), factorVerdict(metrics)].join(" ").trim();
}

/** What DeCUR is held against, and what is taken out of it. */
const OTHERS = ["barlow-cross", "simclr-cross", "vicreg", "random", "supervised"];
const PARTS: Readonly<Record<string, string>> = {
  "no-decoupling": "all dimensions common",
  "no-intra": "without the terms within a modality",
  "no-cross": "without the terms across modalities",
};

function probeVerdict(metrics: MetricTable): string {
  const own = meanProbe(metrics, 10, "");
  if (own === undefined) return "";
  const told = (variant: string, name = variant): string[] => {
    const mean = meanProbe(metrics, 10, variant);
    return mean === undefined ? [] : [`${name} ${mean.toFixed(3)}`];
  };
  const others = OTHERS.flatMap((variant) => told(variant));
  const parts = Object.entries(PARTS).flatMap(([variant, name]) => told(variant, name));
  const leads = LABEL_SHARES.flatMap(({ percent }) => {
    const [decur, barlow] = ["", "barlow-cross"].map((variant) =>
      meanProbe(metrics, percent, variant),
    );
    if (decur === undefined || barlow === undefined) return [];
    return [`${signed(100 * (decur - barlow))} points with ${percent} % of the labels`];
  });
  return [
    `With 10 % of the labels, mean over all subsets of modalities: DeCUR ${own.toFixed(3)}${others.length > 0 ? `; ${others.join(", ")}` : ""}.`,
    leads.length > 0 ? `Against cross-modal Barlow Twins: ${leads.join(", ")}.` : "",
    parts.length > 0 ? `With a part taken out: ${parts.join(", ")}.` : "",
  ]
    .filter((line) => line !== "")
    .join(" ");
}

function signed(points: number): string {
  return `${points < 0 ? "−" : "+"}${Math.abs(points).toFixed(1)}`;
}

/** Mean over the probed subsets of modalities; nothing where the variant was not run. */
export function meanProbe(
  metrics: MetricTable,
  percent: number,
  variant: string,
): number | undefined {
  const suffix = metricName(`@labels${percent}`, variant);
  const found = Object.entries(metrics).filter(
    ([name]) => name.startsWith("probe/") && name.endsWith(suffix),
  );
  if (found.length === 0) return undefined;
  return found.reduce((sum, [, { mean }]) => sum + mean, 0) / found.length;
}

function factorVerdict(metrics: MetricTable): string {
  const value = (factor: string, part: string, variant = ""): string | undefined =>
    metrics[metricName(`factor/${factor}@${part}`, variant)]?.mean.toFixed(3);
  const unique = value("own", "unique");
  if (unique === undefined) return "";
  const barlow = value("own", "unique", "barlow-cross");
  return (
    `What only one modality shows is told from DeCUR's unique dimensions with ${unique} and from as ` +
    `many common ones with ${value("own", "common")}; what both show with ${value("shared", "unique")} ` +
    `and ${value("shared", "common")}.${barlow === undefined ? "" : ` The same places of cross-modal Barlow Twins tell the own factor with ${barlow}.`}`
  );
}
