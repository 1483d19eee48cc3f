import { alignerOptions } from "./alignerOptions.ts";
import type { PipelineDefinition } from "./definePipeline.ts";

/** Key of the recording's metadata under which `rowRules` stands. */
export const ROW_RULES = "rules";

/** What a log's rows depend on beside its records, by part: the grid's and each stream's. */
type Rules = Readonly<Record<string, unknown>>;

/**
 * How a pipeline makes rows of a log, as text for the log's metadata: descriptions, policies and roles of its
 * streams, and the bounds of its grid. What was made under other rules cannot be gone on with.
 */
export function rowRules(definition: PipelineDefinition): string {
  const { columns, roles, ...bounds } = alignerOptions(definition);
  const grid = { period: definition.grid.period, ...bounds };
  const streams = Object.entries(definition.streams).map(([stream, { description }]) => {
    const role = roles?.[stream] ?? "required";
    return [`stream ${stream}`, { description, policy: columns[stream], role }] as const;
  });
  const rules: Rules = { grid, ...Object.fromEntries(streams) };
  return JSON.stringify(rules, (_, value) => (value === Infinity ? "Infinity" : value));
}

/**
 * The parts in which a log's rules are others than a pipeline's: `grid`, `stream audio`.
 *
 * @param noted What the log's metadata say; a log that says nothing differs in nothing.
 */
export function changedRules(noted: string | undefined, definition: PipelineDefinition): string[] {
  if (noted === undefined) return [];
  const [before, now] = [parsed(noted), parsed(rowRules(definition))];
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].filter(
    (part) => JSON.stringify(before[part]) !== JSON.stringify(now[part]),
  );
}

/** Of a text that is no rules nothing is known, so all differs. */
function parsed(rules: string): Rules {
  try {
    return Object(JSON.parse(rules));
  } catch {
    return {};
  }
}
