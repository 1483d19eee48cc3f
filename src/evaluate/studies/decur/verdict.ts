import { type MetricTable, metricName } from "../../Study.ts";

/** What the figures of a set say, from the means over seeds. */
export function verdict(set: string, metrics: MetricTable): string {
  return set === "synthetic"
    ? factorVerdict(metrics)
    : [probeVerdict(metrics), factorVerdict(metrics)].join(" ").trim();
}

function probeVerdict(metrics: MetricTable): string {
  const own = meanProbe(metrics, 10, "");
  if (own === undefined) return "";
  const others = ["barlow-cross", "simclr-cross", "vicreg", "random", "supervised"].flatMap(
    (variant) => {
      const mean = meanProbe(metrics, 10, variant);
      return mean === undefined ? [] : [`${variant} ${mean.toFixed(3)}`];
    },
  );
  const barlow = meanProbe(metrics, 10, "barlow-cross");
  const comparison =
    barlow === undefined
      ? ""
      : ` Against cross-modal Barlow Twins that is ${(100 * (own - barlow)).toFixed(1)} points.`;
  return `With 10 % of the labels, mean over all subsets of modalities: DeCUR ${own.toFixed(3)}; ${others.join(", ")}.${comparison}`;
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
