import { ModelError } from "../errors.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import type { FeedRequest } from "./Feed.ts";
import type { RunOptions } from "./RunOptions.ts";
import { RunReport } from "./RunReport.ts";
import { startPipeline } from "./startPipeline.ts";

/** Mean and standard deviation (of the population) over the seeds. */
export interface Spread {
  readonly mean: number;
  readonly std: number;
}

export interface EvaluateOptions {
  /** What to run on; its seed is replaced by 1, 2, … `seeds`. */
  readonly request: FeedRequest;
  readonly seeds: number;
  /** How to run; feed, streams left out and seed are set here. */
  readonly run: Omit<RunOptions, "feed" | "without" | "seed" | "drops" | "loop" | "pace">;
  /** Called before each run with what it is and how many there are. */
  readonly onRun?: (run: {
    readonly name: string;
    readonly index: number;
    readonly of: number;
  }) => void;
}

/**
 * Scores a pipeline on a feed, through its real sensors and sockets, with all of the streams that count
 * and with each of them alone.
 *
 * @throws {ModelError} If the model is yet to be trained.
 * @returns By `<metric>/<streams joined by +>`: the slot accuracies and `eventF1`, over the seeds.
 */
export async function evaluatePipeline(
  definition: PipelineDefinition,
  { request, seeds, run, onRun }: EvaluateOptions,
): Promise<Record<string, Spread>> {
  const counted = Object.keys(definition.streams).filter(
    (stream) => !definition.answerStreams.includes(stream) || run.answerWith.includes(stream),
  );
  const inputs = counted.length === 1 ? [counted] : [counted, ...counted.map((one) => [one])];
  const values = new Map<string, number[]>();
  const note = (metric: string, streams: readonly string[], value: number): void => {
    const key = `${metric}/${streams.join("+")}`;
    values.set(key, [...(values.get(key) ?? []), value]);
  };
  let index = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const feed = await definition.feed({ ...request, seed });
    for (const streams of inputs) {
      onRun?.({ name: `${streams.join("+")}, seed ${seed}`, index, of: seeds * inputs.length });
      index++;
      const without = Object.keys(definition.streams).filter((name) => !streams.includes(name));
      await using pipeline = await startPipeline(definition, {
        ...run,
        feed,
        without,
        seed,
        drops: [],
        loop: false,
        pace: "driven",
      });
      if (!pipeline.model.trained)
        throw new ModelError(
          `pipeline ${definition.name}`,
          "expected trained weights to score (sensorium train makes them), got none",
        );
      const report = new RunReport(pipeline);
      await pipeline.go();
      const { slotAccuracy, eventF1 } = report.summary();
      for (const [slot, accuracy] of Object.entries(slotAccuracy ?? {}))
        note(slot, streams, accuracy);
      if (eventF1 !== null) note("eventF1", streams, eventF1);
    }
  }
  return Object.fromEntries([...values].map(([key, numbers]) => [key, spreadOf(numbers)]));
}

function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance) };
}
