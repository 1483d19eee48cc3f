import { motionConfig } from "../../../../models/gmc/presets.ts";
import { type HostTensor, hostTensor } from "../../../../tensor/HostTensor.ts";
import { Rng } from "../../../../tensor/Rng.ts";
import { type Examples, gatherRows } from "../../../Examples.ts";
import { augmentUtdMhad, UTD_AUGMENTATION } from "../../../sets/augmentUtdMhad.ts";
import { halveDepth } from "../../../sets/halveDepth.ts";
import { skeletonMotion } from "../../../sets/skeletonMotion.ts";
import { readUtdMhad } from "../../../sets/utdMhad.ts";
import { dcaScores } from "../dcaScores.ts";
import type { GmcBench, InstantInputs, Instants } from "../GmcTask.ts";

/** Variations of every depth clip, made once: anew in each step they would cost as much as the step. */
const DEPTH_VARIATIONS = 12;

/**
 * UTD-MHAD: inertial, skeleton with its motion, and depth at half its size, of 27 actions; other people
 * in the test split.
 */
export const motionBench: GmcBench = {
  config: motionConfig,
  classes: 27,
  batch: 32,
  rate: 2e-3,
  inputs: UTD_AUGMENTATION,
  load: async ({ data, split, seed }) => ({
    train: movedClips(await readUtdMhad(data, "train"), Rng.fromSeed(seed).fork("depth")),
    test: clips(await readUtdMhad(data, split)),
    align: ({ joint, modalities }, ownSeed) => dcaScores(joint, modalities, ownSeed),
  }),
};

/** Clips as they are. */
function clips({ count, labels, inputs }: Examples): Instants {
  const depths = halve(inputs["depth"]);
  return {
    count,
    labels,
    inputs: (rows) => ({
      ...asSequences(pick(inputs, ["inertial", "skeleton"], rows)),
      depth: gatherRows(depths, rows),
    }),
  };
}

/** Clips that are moved about wherever a generator is given. */
function movedClips(examples: Examples, rng: Rng): Instants {
  const plain = clips(examples);
  const { count, labels, inputs } = examples;
  const { depth } = inputs;
  const variations = Array.from({ length: DEPTH_VARIATIONS }, () =>
    halve(depth === undefined ? undefined : augmentUtdMhad({ depth }, rng)["depth"]),
  );
  return {
    count,
    labels,
    inputs: (rows, move) => {
      if (move === undefined) return plain.inputs(rows);
      const sequences = augmentUtdMhad(pick(inputs, ["inertial", "skeleton"], rows), move);
      const parts = Array.from(rows, (row) =>
        gatherRows(variations[move.int(0, DEPTH_VARIATIONS)] ?? halve(depth), [row]),
      );
      const size = parts[0]?.data.length ?? 0;
      const data = new Float32Array(parts.length * size);
      parts.forEach((part, i) => {
        data.set(part.data, i * size);
      });
      return {
        ...asSequences(sequences),
        depth: hostTensor(data, [parts.length, ...(parts[0]?.shape.slice(1) ?? [])]),
      };
    },
  };
}

function pick(
  inputs: InstantInputs,
  names: readonly string[],
  rows: ArrayLike<number>,
): Record<string, HostTensor<"float32">> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const x = inputs[name];
      return x === undefined ? [] : [[name, gatherRows(x, rows)]];
    }),
  );
}

function halve(depth: HostTensor<"float32"> | undefined): HostTensor<"float32"> {
  const examples = { count: 0, classes: 0, labels: new Int32Array(), inputs: {} };
  const halved = halveDepth({ ...examples, inputs: depth === undefined ? {} : { depth } });
  return halved.inputs["depth"] ?? hostTensor(new Float32Array(), [0]);
}

/** Sequences [N, T, D] as the networks read them, [N, T, 1, D]; skeletons with their motion. */
function asSequences(inputs: InstantInputs): Record<string, HostTensor<"float32">> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => {
      const { data, shape } = name === "skeleton" ? skeletonMotion(x) : x;
      const [N = 0, T = 0, D = 0] = shape;
      return [name, hostTensor(data, [N, T, 1, D])];
    }),
  );
}
