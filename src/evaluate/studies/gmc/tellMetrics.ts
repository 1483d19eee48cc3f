import type { MetricTable } from "../../Study.ts";

/** `0.955 ± 0.004`, or a dash where it was not measured. */
export function tellMetric(metrics: MetricTable, name: string): string {
  const found = metrics[name];
  if (found === undefined) return "—";
  const mean = found.mean.toFixed(3);
  return found.std > 0 ? `${mean} ± ${found.std.toFixed(3)}` : mean;
}

/** Difference of two means; undefined where one was not measured. */
export function gain(metrics: MetricTable, name: string, over: string): number | undefined {
  const [a, b] = [metrics[name], metrics[over]];
  return a === undefined || b === undefined ? undefined : a.mean - b.mean;
}

/** `0.05 above`, `0.02 below` or `level with`, for a sentence; empty where not measured. */
export function tellGain(difference: number | undefined): string {
  if (difference === undefined) return "not measured against";
  if (Math.abs(difference) < 0.005) return "level with";
  return `${Math.abs(difference).toFixed(3)} ${difference > 0 ? "above" : "below"}`;
}
