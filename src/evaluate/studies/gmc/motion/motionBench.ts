import { motionConfig } from "../../../../models/gmc/presets.ts";
import { type HostTensor, hostTensor } from "../../../../tensor/HostTensor.ts";
import { type Examples, gatherRows } from "../../../Examples.ts";
import { augmentUtdMhad } from "../../../sets/augmentUtdMhad.ts";
import { readUtdMhad } from "../../../sets/utdMhad.ts";
import { dcaScores } from "../dcaScores.ts";
import type { GmcBench, InstantInputs, Instants } from "../GmcTask.ts";

/** UTD-MHAD: inertial, skeleton and depth of 27 actions, other people in the test split. */
export const motionBench: GmcBench = {
  config: motionConfig,
  classes: 27,
  batch: 32,
  rate: 2e-3,
  load: async ({ data, split }) => ({
    train: clips(await readUtdMhad(data, "train")),
    test: clips(await readUtdMhad(data, split)),
    align: ({ joint, modalities }, seed) => dcaScores(joint, modalities, seed),
  }),
};

function clips({ count, labels, inputs }: Examples): Instants {
  return {
    count,
    labels,
    inputs: (rows, rng) => {
      const picked = Object.fromEntries(
        Object.entries(inputs).map(([name, x]) => [name, gatherRows(x, rows)]),
      );
      return asSequences(rng === undefined ? picked : augmentUtdMhad(picked, rng));
    },
  };
}

/** Sequences [N, T, D] as the networks read them, [N, T, 1, D]. */
function asSequences(inputs: InstantInputs): Record<string, HostTensor<"float32">> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => {
      const [N = 0, T = 0, D = 0] = shape;
      return [name, hostTensor(data, shape.length === 3 ? [N, T, 1, D] : shape)];
    }),
  );
}
