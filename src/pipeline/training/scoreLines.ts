import { rowInputs } from "../../learn/rows/RowLine.ts";
import type { TrainedWeights } from "../../learn/trainLines.ts";
import { slotAccuracy } from "../../localize/score.ts";
import { subsetMasks } from "../../models/unified/fuse.ts";
import { createInference, type RowOutputs } from "../../models/unified/inference.ts";
import { soundStep } from "../../stage/soundStep.ts";
import type { DeviceChoice } from "../../tensor/device/Device.ts";
import type { Micros } from "../../units.ts";
import { AccuracyCount } from "../AccuracyCount.ts";
import type { RecordedLine } from "./RecordedLine.ts";

/** Which streams and labels count. */
export interface ScoreLinesOptions {
  readonly slots: Readonly<Record<string, readonly string[]>>;
  /** Streams that are asked, not told: they stay out. */
  readonly ignored: readonly string[];
  readonly device?: DeviceChoice;
  /** Called with every answer, in order. */
  readonly onRow?: (outputs: RowOutputs, label: number) => void;
}

/**
 * Accuracy over labelled events by which streams were there: `a+b` of both, `a` of the one alone.
 *
 * Rows go through the model as live, its state never reset within a line. What a subset of the streams
 * would have said comes with every row, so that one pass scores them all.
 */
export async function scoreLines(
  weights: TrainedWeights,
  lines: readonly RecordedLine[],
  { slots, ignored, device, onRow }: ScoreLinesOptions,
): Promise<Record<string, number>> {
  const { config } = weights;
  const names = config.streams.map(({ name }) => name).filter((name) => !ignored.includes(name));
  const subsets = subsetMasks(names.length).map((mask) => names.filter((_, at) => mask[at] === 1));
  const count = new AccuracyCount(subsets, config.prior);
  await using inference = await createInference(weights, device === undefined ? {} : { device });
  for (const line of lines) {
    let state = inference.initialState();
    const answers = count.start();
    for (let row = 0; row < line.rows; row++) {
      const { step } = await soundStep(inference, rowInputs(line, row, names), state);
      state = step.state;
      answers.push(
        (line.from + (row - config.lookAheadRows) * config.rowMicros) as Micros,
        step.outputs.subsets,
      );
      onRow?.(step.outputs, line.labels[row] ?? 0);
    }
    answers.finish((readings) =>
      slotAccuracy(readings, line.truth, { classes: config.classes, slots }),
    );
  }
  return count.accuracies();
}
