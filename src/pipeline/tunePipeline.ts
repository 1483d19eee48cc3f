import { ConfigError } from "../errors.ts";
import type { Reading } from "../frames/Reading.ts";
import { type TuningLine, type TuningTrial, tuneLocalizer } from "../localize/tuneLocalizer.ts";
import { micros } from "../units.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import type { FeedRequest } from "./Feed.ts";
import type { RunOptions } from "./RunOptions.ts";
import { startPipeline } from "./startPipeline.ts";

export interface TuneOptions {
  /** What to tune on; must know the truth. */
  readonly request: FeedRequest;
  /** Harder conditions besides the feed as it is; their F1 counts as much. */
  readonly conditions: readonly string[];
  readonly run: Omit<RunOptions, "feed" | "without" | "seed" | "drops" | "loop" | "pace">;
  /** Called before each run with what it is. */
  readonly onRun?: (name: string) => void;
  readonly onTrial?: (trial: TuningTrial) => void;
}

/**
 * Looks for the settings with which a pipeline's readings become events best, on readings that came the
 * way they come when live: once per condition, then all settings on the same readings.
 *
 * @throws {ConfigError} If a feed knows no truth.
 */
export async function tunePipeline(
  definition: PipelineDefinition,
  options: TuneOptions,
): Promise<TuningTrial> {
  const lines: TuningLine[] = [];
  let model: { readonly classes: readonly string[]; readonly prior: readonly number[] } | undefined;
  for (const condition of [undefined, ...options.conditions]) {
    options.onRun?.(condition ?? "as it is");
    const asked = { ...options.request, ...(condition !== undefined && { condition }) };
    const feed = await definition.feed(asked);
    if (feed.truth.length === 0)
      throw new ConfigError("tune", `expected a feed that knows the truth, got ${feed.name}`);
    await using run = await startPipeline(definition, {
      ...options.run,
      ...{ feed, without: [], seed: asked.seed, drops: [], loop: false, pace: "driven" },
    });
    const readings: Reading[] = [];
    run.moments.subscribe({
      next: ({ answer }) => readings.push(answer),
      error: () => undefined, // `go` tells
    });
    await run.go();
    const truth = feed.truth.map(({ label, from, to }) => ({
      label,
      from: micros(from + run.origin),
      to: micros(to + run.origin),
    }));
    lines.push({ readings, truth });
    model = run.model;
  }
  const { classes = [], prior = [] } = model ?? {};
  const { silence, slots, grid, localize } = definition;
  return tuneLocalizer(
    lines,
    { classes, prior, silence, slots, period: grid.period, ...localize },
    options.onTrial,
  );
}
