import { type MetricSummary, type MetricTable, metricName } from "./Study.ts";
import type { TrialResult } from "./TrialStore.ts";

/** Mean and sample deviation over the seeds of every metric of every variant, in the order they came. */
export function summarize(results: readonly TrialResult[]): MetricTable {
  const values = new Map<string, number[]>();
  for (const { variant, metrics } of results)
    for (const [metric, value] of Object.entries(metrics)) {
      const name = metricName(metric, variant);
      const seen = values.get(name);
      if (seen === undefined) values.set(name, [value]);
      else seen.push(value);
    }
  return Object.fromEntries([...values].map(([name, list]) => [name, summaryOf(list)]));
}

function summaryOf(values: readonly number[]): MetricSummary {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}
