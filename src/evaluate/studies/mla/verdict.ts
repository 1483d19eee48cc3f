import { type MetricTable, metricName } from "../../Study.ts";
import { GRID_CONDITIONS } from "./gridTask.ts";
import { MISSING_RATES } from "./missingAt.ts";

/** What the figures of one set say, in a paragraph or two. */
export function mlaVerdict(set: string, metrics: MetricTable): string {
  const lines = set === "grid_av" ? gridVerdict(metrics) : subsetVerdict(metrics);
  return [...lines, turnsVerdict(metrics)].filter((line) => line !== "").join("\n\n");
}

type Read = (metric: string, variant?: string) => number | undefined;

const reader =
  (metrics: MetricTable): Read =>
  (metric, variant = "") =>
    metrics[metricName(metric, variant)]?.mean;

function gridVerdict(metrics: MetricTable): string[] {
  const read = reader(metrics);
  const margin = (variant: string): string => {
    const margins = Object.keys(GRID_CONDITIONS).flatMap((condition) => {
      const [fused, audio, lips] = ["fused", "audio", "lips"].map((name) =>
        read(`accuracy/${name}@${condition}`, variant),
      );
      if (fused === undefined || audio === undefined || lips === undefined) return [];
      return [{ condition, by: fused - Math.max(audio, lips) }];
    });
    const worst = margins.sort((a, b) => a.by - b.by)[0];
    return worst === undefined ? "" : `${points(worst.by)} at ${worst.condition}`;
  };
  const [noisy, clean] = [margin(""), margin("clean-trained")];
  const lines = [];
  if (noisy !== "")
    lines.push(
      `Fused against the better of sound and lips, worst condition: ${noisy} with babble in training${clean === "" ? "" : `, ${clean} trained on clean sound`}.`,
    );
  const [own, joint] = ["", "joint"].map((variant) => read("accuracy/fused@-10dB", variant));
  if (own !== undefined && joint !== undefined)
    lines.push(
      `At -10 dB the fused answers are right in ${share(own)} of the digits, one joint network in ${share(joint)}.`,
    );
  return lines;
}

function subsetVerdict(metrics: MetricTable): string[] {
  const read = reader(metrics);
  const lines = [];
  const costs = ["inertial", "skeleton", "inertial+skeleton"].flatMap((without) => {
    const [alone, added] = [without, `${without}+depth`].map((name) => read(`accuracy/${name}`));
    return alone === undefined || added === undefined ? [] : [{ without, by: added - alone }];
  });
  const worst = costs.sort((a, b) => a.by - b.by)[0];
  if (worst !== undefined)
    lines.push(`Adding depth changes ${worst.without} by ${points(worst.by)} at worst.`);
  const rates = MISSING_RATES.flatMap((rate) => {
    const all = ["", "late", "zero-fill", "all-subsets"].map((variant) => ({
      name: variant === "" ? "MLA" : variant,
      value: read(`accuracy/all@missing${rate}`, variant),
    }));
    const known = all.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]));
    if (known.length < all.length) return [];
    known.sort((a, b) => b.value - a.value);
    return [`at ${rate} % ${known.map(({ name, value }) => `${name} ${share(value)}`).join(", ")}`];
  });
  if (rates.length > 0) lines.push(`With data missing, best first: ${rates.join("; ")}.`);
  return lines;
}

/** Whether learning without turns, or any form of gradient modification, differs by more than the spread. */
function turnsVerdict(metrics: MetricTable): string {
  const metric = "accuracy/all" in metrics ? "accuracy/all" : "accuracy/fused@0dB";
  const own = metrics[metric];
  if (own === undefined) return "";
  const forms = ["no-alternation", "hgm-paper", "hgm-leaky", "hgm-stream"].flatMap((variant) => {
    const other = metrics[metricName(metric, variant)];
    if (other === undefined) return [];
    const by = other.mean - own.mean;
    const isOutside = Math.abs(by) > Math.max(own.std, other.std);
    return [`${variant} ${points(by)} (${isOutside ? "outside" : "within"} the spread)`];
  });
  return forms.length === 0
    ? ""
    : `Without turns (no-alternation), and with the head's gradient modified, against the method, ${metric}: ${forms.join(", ")}. A variant of one seed has no spread of its own.`;
}

function points(by: number): string {
  return `${by >= 0 ? "+" : "−"}${Math.abs(100 * by).toFixed(1)} points`;
}

function share(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}
