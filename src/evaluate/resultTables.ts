import { type MetricTable, metricName } from "./Study.ts";
import type { TrialResult } from "./TrialStore.ts";

/** The metrics of one kind under one condition: variants down, inputs across. */
export interface ResultTable {
  /** What comes before the slash: `accuracy`, `transfer`. */
  readonly kind: string;
  /** What comes after the `@`, empty where there is none: `0dB`. */
  readonly condition: string;
  /** What lies between: `audio->lips`. */
  readonly inputs: readonly string[];
  /** In the order they were run; empty is the method itself. */
  readonly variants: readonly string[];
  /** [variant][input]; undefined where it was not measured. */
  readonly cells: readonly (readonly (ResultCell | undefined)[])[];
}

/** One figure with its spread over the seeds. */
export interface ResultCell {
  readonly mean: number;
  readonly std: number;
}

/** Sorts a study's figures into tables, in the order in which they first occur. */
export function resultTables(
  results: readonly Pick<TrialResult, "variant" | "metrics">[],
  metrics: MetricTable,
): readonly ResultTable[] {
  const groups = new Map<string, { inputs: Set<string>; variants: Set<string> }>();
  for (const { variant, metrics: own } of results)
    for (const name of Object.keys(own)) {
      const { kind, input, condition } = partsOf(name);
      const key = `${kind}@${condition}`;
      const group = groups.get(key) ?? { inputs: new Set(), variants: new Set() };
      groups.set(key, group);
      group.inputs.add(input);
      group.variants.add(variant);
    }
  return [...groups].map(([key, group]) => {
    const [kind = "", condition = ""] = key.split("@");
    const [inputs, variants] = [[...group.inputs], [...group.variants]];
    const suffix = condition === "" ? "" : `@${condition}`;
    const cells = variants.map((variant) =>
      inputs.map((input) => metrics[metricName(`${kind}/${input}${suffix}`, variant)]),
    );
    return { kind, condition, inputs, variants, cells };
  });
}

/** `accuracy/fused@0dB` in its parts. */
function partsOf(metric: string): { kind: string; input: string; condition: string } {
  const [name = "", condition = ""] = metric.split("@");
  const slash = name.indexOf("/");
  return { kind: name.slice(0, Math.max(slash, 0)), input: name.slice(slash + 1), condition };
}
