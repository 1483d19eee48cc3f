import type { DataSet } from "../../DataSet.ts";
import { gatherRows } from "../../Examples.ts";
import { augmentUtdMhad } from "../../sets/augmentUtdMhad.ts";
import { readUtdMhad } from "../../sets/utdMhad.ts";
import { UTD_ENCODERS } from "./encoders.ts";
import type { SubsetTask } from "./SubsetTask.ts";

const SCHEDULE = { epochs: 60, batch: 32, peakRate: 2e-3, dropout: 0.4 } as const;

/** Actions of people who are not in the training: three sensors, varied as `augmentUtdMhad` does. */
export async function utdTask(data: DataSet, split: string): Promise<SubsetTask> {
  const train = await readUtdMhad(data, "train");
  const test = await readUtdMhad(data, split);
  const names = Object.keys(UTD_ENCODERS);
  const inputOf = (examples: typeof train, name: string) => {
    const tensor = examples.inputs[name];
    if (tensor === undefined) throw new RangeError(`expected an input ${name}, got none`);
    return tensor;
  };
  return {
    encoders: UTD_ENCODERS,
    classes: train.classes,
    ...(train.groups !== undefined && { people: train.groups }),
    source: {
      count: train.count,
      labels: train.labels,
      draw: (modality, rows, rng) => {
        const picked = gatherRows(inputOf(train, modality), rows);
        return augmentUtdMhad({ [modality]: picked }, rng)[modality]?.data ?? picked.data;
      },
    },
    plain: (rows) => ({
      labels: Int32Array.from(rows, (row) => train.labels[row] ?? 0),
      inputs: Object.fromEntries(
        names.map((name) => [name, gatherRows(inputOf(train, name), rows).data]),
      ),
    }),
    test: {
      labels: test.labels,
      inputs: Object.fromEntries(names.map((name) => [name, inputOf(test, name).data])),
    },
    schedule: SCHEDULE,
    missingSchedule: { ...SCHEDULE, epochs: 30 },
  };
}
