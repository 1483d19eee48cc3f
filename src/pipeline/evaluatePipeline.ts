import { ModelError } from "../errors.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import type { Feed, FeedRequest } from "./Feed.ts";
import type { RunOptions } from "./RunOptions.ts";
import { RunReport, type RunSummary } from "./RunReport.ts";
import { startPipeline } from "./startPipeline.ts";

/** Mean and standard deviation (of the population) over the seeds. */
export interface Spread {
  readonly mean: number;
  readonly std: number;
}

/** What came of an evaluation. */
export interface Evaluation {
  /** By `<metric>/<streams joined by +>`, with `@<condition>` behind it where there is one. */
  readonly metrics: Readonly<Record<string, Spread>>;
  /**
   * All streams together minus the best stream alone, by `<metric>` or `<metric>@<condition>`: below 0 the
   * fusion costs something. Of those metrics of which more is better.
   */
  readonly margins: Readonly<Record<string, Spread>>;
}

export interface EvaluateOptions {
  /** What to run on; its seed is replaced by 1, 2, … `seeds`. */
  readonly request: FeedRequest;
  readonly seeds: number;
  /** Which of the pipeline's harder conditions besides the feed as it is; none unless given. */
  readonly conditions?: readonly string[];
  /**
   * Whether one run with all streams is enough: accuracies of all subsets come from it, but no events of
   * single streams.
   */
  readonly together?: boolean;
  /** How to run; feed, streams left out and seed are set here. */
  readonly run: Omit<RunOptions, "feed" | "without" | "seed" | "drops" | "loop" | "pace">;
  /** Called before each run with what it is and how many there are. */
  readonly onRun?: (run: {
    readonly name: string;
    readonly index: number;
    readonly of: number;
  }) => void;
}

/** Metrics of which less is better: they have no margin. */
const LESS_IS_BETTER = new Set(["onsetErrorMs", "outputGapMs"]);

/**
 * Scores a pipeline on a feed, through its real sensors and sockets, with all of the streams that count
 * and with each of them alone, as it is and in harder conditions.
 *
 * A run whose sensors are told the same as in an earlier one is not repeated: noise in the sound is
 * nothing to the picture alone.
 *
 * @throws {ModelError} If the model is yet to be trained.
 * @returns By `<metric>/<streams joined by +>`: the slot accuracies and `eventF1`, over the seeds.
 */
export async function evaluatePipeline(
  definition: PipelineDefinition,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { request, seeds, conditions = [], onRun } = options;
  const counted = Object.keys(definition.streams).filter(
    (stream) =>
      !definition.answerStreams.includes(stream) || options.run.answerWith.includes(stream),
  );
  const isOneRun = counted.length === 1 || options.together === true;
  const inputs = isOneRun ? [counted] : [counted, ...counted.map((one) => [one])];
  const metrics = new Map<string, number[]>();
  const margins = new Map<string, number[]>();
  let index = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const known = new Map<string, RunScores>();
    for (const condition of [undefined, ...conditions]) {
      const at = condition === undefined ? "" : `@${condition}`;
      const asked = { ...request, seed, ...(condition !== undefined && { condition }) };
      const feed = await definition.feed(asked);
      const scores: Readonly<Record<string, number>>[] = [];
      for (const streams of inputs) {
        const name = `${streams.join("+")}${at}`;
        onRun?.({
          name: `${name}, seed ${seed}`,
          index: index++,
          of: seeds * inputs.length * (1 + conditions.length),
        });
        // Two streams of one corpus are told the same and sense different things.
        const key = JSON.stringify(streams.map((stream) => [stream, feed.sensors[stream]]));
        const result = known.get(key) ?? (await scoreOf(definition, feed, streams, seed, options));
        known.set(key, result);
        scores.push(result.scores);
        for (const [metric, value] of Object.entries(result.scores))
          note(metrics, `${metric}/${name}`, value);
        if (streams.length < counted.length) continue;
        for (const [subset, value] of Object.entries(result.accuracy))
          note(metrics, `accuracy/${subset}${at}`, value);
      }
      const [together = {}, ...alone] = scores;
      if (alone.length === 0) continue;
      for (const [metric, value] of Object.entries(together))
        if (!LESS_IS_BETTER.has(metric))
          note(
            margins,
            `${metric}${at}`,
            value - Math.max(...alone.map((score) => score[metric] ?? -Infinity)),
          );
    }
  }
  return { metrics: spreads(metrics), margins: spreads(margins) };
}

async function scoreOf(
  definition: PipelineDefinition,
  feed: Feed,
  streams: readonly string[],
  seed: number,
  { run }: EvaluateOptions,
): Promise<RunScores> {
  const without = Object.keys(definition.streams).filter((name) => !streams.includes(name));
  await using pipeline = await startPipeline(definition, {
    ...run,
    ...{ feed, without, seed, drops: [], loop: false, pace: "driven" },
  });
  if (!pipeline.model.trained)
    throw new ModelError(
      `pipeline ${definition.name}`,
      "expected trained weights to score (sensorium train makes them), got none",
    );
  const report = new RunReport(pipeline);
  await pipeline.go();
  const summary = report.summary();
  return { scores: scoresOf(summary), accuracy: summary.subsetAccuracy ?? {} };
}

interface RunScores {
  readonly scores: Readonly<Record<string, number>>;
  /** Accuracy over all labels, by subset of the streams. */
  readonly accuracy: Readonly<Record<string, number>>;
}

function scoresOf(summary: RunSummary): Record<string, number> {
  const { slotAccuracy, eventF1, localisation, outputGapMs } = summary;
  return {
    ...slotAccuracy,
    ...(eventF1 !== null && { eventF1 }),
    ...(localisation !== null && {
      ...Object.fromEntries(
        Object.entries(localisation.eventF1).map(([iou, f1]) => [`eventF1at${iou}`, f1]),
      ),
      segmentAccuracy: localisation.segmentAccuracy,
      segmentF1: localisation.segmentF1,
      ...(localisation.onsetErrorMs !== null && { onsetErrorMs: localisation.onsetErrorMs }),
    }),
    outputGapMs,
  };
}

function note(values: Map<string, number[]>, key: string, value: number): void {
  values.set(key, [...(values.get(key) ?? []), value]);
}

function spreads(values: ReadonlyMap<string, readonly number[]>): Record<string, Spread> {
  return Object.fromEntries([...values].map(([key, numbers]) => [key, spreadOf(numbers)]));
}

/** Mean and standard deviation of some values. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance) };
}
