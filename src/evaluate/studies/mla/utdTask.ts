import { ModelError } from "../../../errors.ts";
import { type HostTensor, hostTensor } from "../../../tensor/HostTensor.ts";
import { Rng } from "../../../tensor/Rng.ts";
import type { DataSet } from "../../DataSet.ts";
import { type Examples, gatherRows } from "../../Examples.ts";
import { augmentUtdMhad, UTD_AUGMENTATION } from "../../sets/augmentUtdMhad.ts";
import { halveDepth } from "../../sets/halveDepth.ts";
import { skeletonMotion } from "../../sets/skeletonMotion.ts";
import { readUtdMhad } from "../../sets/utdMhad.ts";
import { UTD_ENCODERS } from "./encoders.ts";
import type { SubsetTask } from "./SubsetTask.ts";

const SCHEDULE = { epochs: 50, batch: 32, peakRate: 2e-3, dropout: 0.4 } as const;
/** Variations of every depth clip, made once: anew in each step they would cost as much as the step. */
const DEPTH_VARIATIONS = 12;
const DEPTH_SEED = 1;

/** What results rest on beside code and data: a change makes kept trials stale. */
export const UTD_SETTINGS = {
  encoders: UTD_ENCODERS,
  schedule: SCHEDULE,
  missingSchedule: { ...SCHEDULE, epochs: 25 },
  variations: DEPTH_VARIATIONS,
} as const;

const tasks = new Map<string, Promise<SubsetTask>>();

/**
 * Actions of people who are not in the training, by three sensors, varied as `augmentUtdMhad` does.
 *
 * Skeletons with their motion, see `skeletonMotion`; depth at half its size, every second frame. Read
 * once per thread.
 */
export function utdTask(data: DataSet, split: string): Promise<SubsetTask> {
  const key = `${data.directory} ${split}`;
  const known = tasks.get(key) ?? readTask(data, split);
  tasks.set(key, known);
  return known;
}

async function readTask(data: DataSet, split: string): Promise<SubsetTask> {
  const train = await readUtdMhad(data, "train");
  const [learnt, tested] = [prepare(train), prepare(await readUtdMhad(data, split))];
  const inertial = inputOf(train, "inertial");
  const skeleton = inputOf(train, "skeleton");
  const depths = varyDepth(train);
  const names = Object.keys(UTD_ENCODERS);
  return {
    encoders: UTD_ENCODERS,
    classes: train.classes,
    ...(train.groups !== undefined && { people: train.groups }),
    source: {
      count: train.count,
      labels: train.labels,
      draw: (modality, rows, rng) => {
        if (modality === "depth") {
          const clips = rows.map((row) => row + train.count * rng.int(0, DEPTH_VARIATIONS));
          return gatherRows(depths, clips).data;
        }
        const picked = gatherRows(modality === "inertial" ? inertial : skeleton, rows);
        const varied = augmentUtdMhad({ [modality]: picked }, rng)[modality] ?? picked;
        return modality === "inertial" ? varied.data : skeletonMotion(varied).data;
      },
    },
    plain: (rows) => ({
      labels: Int32Array.from(rows, (row) => train.labels[row] ?? 0),
      inputs: Object.fromEntries(
        names.map((name) => [name, gatherRows(inputOf(learnt, name), rows).data]),
      ),
    }),
    test: {
      labels: tested.labels,
      inputs: Object.fromEntries(names.map((name) => [name, inputOf(tested, name).data])),
    },
    schedule: UTD_SETTINGS.schedule,
    missingSchedule: UTD_SETTINGS.missingSchedule,
  };
}

/** Examples as the encoders take them. */
function prepare(examples: Examples): Examples {
  const { inputs, ...rest } = halveDepth(examples);
  return {
    ...rest,
    inputs: { ...inputs, skeleton: skeletonMotion(inputOf(examples, "skeleton")) },
  };
}

/** [variations · N, 8, 15, 14, 4]: all clips varied, then all varied again. */
function varyDepth(train: Examples): HostTensor<"float32"> {
  const rng = Rng.fromSeed(DEPTH_SEED);
  const depth = inputOf(halveDepth(train), "depth");
  // A pixel of the halved pictures is two of the set's.
  const augmentation = { ...UTD_AUGMENTATION, shift: UTD_AUGMENTATION.shift / 2 };
  const parts = Array.from(
    { length: DEPTH_VARIATIONS },
    () => augmentUtdMhad({ depth }, rng, augmentation)["depth"] ?? depth,
  );
  const [, ...shape] = parts[0]?.shape ?? [];
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  parts.forEach((part, i) => {
    data.set(part.data, i * part.data.length);
  });
  return hostTensor(data, [DEPTH_VARIATIONS * train.count, ...shape]);
}

function inputOf({ inputs }: Examples, name: string): HostTensor<"float32"> {
  const tensor = inputs[name];
  if (tensor === undefined) throw new ModelError("utdTask", `expected an input ${name}, got none`);
  return tensor;
}
