import { type MetricTable, metricName } from "../../Study.ts";
import { incompleteSubsets, meanOver } from "./meanOver.ts";
import type { ImlProtocol } from "./protocol.ts";

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const points = (value: number): string =>
  `${Math.abs(100 * value).toFixed(1)} points ${value < 0 ? "below" : "above"}`;

/** What the figures of a set mean, told from them. */
export function imlVerdict(protocol: ImlProtocol, metrics: MetricTable): string {
  const { network, subsets, specialists } = protocol;
  const incomplete = incompleteSubsets(subsets, network.modalities.length);
  const own = meanOver(metrics, "", incomplete);
  if (own === undefined) return "";
  const lines = [
    `With something missing the one network reaches ${percent(own)} on average over ${incomplete.length} incomplete subsets.`,
  ];
  const multivit = meanOver(metrics, "multivit", incomplete);
  if (multivit !== undefined) {
    const worst = [...incomplete].sort(
      (a, b) => gapTo(metrics, "multivit", b) - gapTo(metrics, "multivit", a),
    )[0];
    lines.push(
      `That is ${points(own - multivit)} the same network without mask, modality attention and random combination (multivit, ${percent(multivit)}); the widest gap is on ${worst}: ${told(metrics, worst)}.`,
    );
  }
  const names = specialists.map(({ name }) => name);
  const special = meanOver(metrics, "specialist", names);
  const matched = meanOver(metrics, "", names);
  if (special !== undefined && matched !== undefined)
    lines.push(
      `One network for each of ${names.length} subsets reaches ${percent(special)} on average on its own subset; the one network is ${points(matched - special)} them.`,
    );
  const ablations = ["no-random-combination", "no-mask", "no-modality-attention"].flatMap(
    (variant) => {
      const mean = meanOver(metrics, variant, incomplete);
      return mean === undefined ? [] : [{ variant, mean }];
    },
  );
  ablations.sort((a, b) => a.mean - b.mean);
  if (ablations.length > 0)
    lines.push(
      `Taken away one at a time, from what costs most to what costs least: ${ablations
        .map(({ variant, mean }) => `${variant} (${percent(mean)})`)
        .join(", ")}.`,
    );
  const pretrained = meanOver(metrics, "pretrained", incomplete);
  if (pretrained !== undefined)
    lines.push(
      `After pre-training without labels: ${percent(pretrained)}, ${points(pretrained - own)} from scratch.`,
    );
  return lines.join("\n\n");
}

function gapTo(metrics: MetricTable, variant: string, subset: string): number {
  const own = metrics[`accuracy/${subset}`]?.mean ?? 0;
  return own - (metrics[metricName(`accuracy/${subset}`, variant)]?.mean ?? own);
}

function told(metrics: MetricTable, subset: string | undefined): string {
  const of = (variant: string): string =>
    percent(metrics[metricName(`accuracy/${subset}`, variant)]?.mean ?? Number.NaN);
  return `${of("")} against ${of("multivit")}`;
}
