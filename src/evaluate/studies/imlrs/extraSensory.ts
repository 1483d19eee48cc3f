import type { ImlConfig } from "../../../models/imlrs/config.ts";
import { hostTensor } from "../../../tensor/HostTensor.ts";
import type { Rng } from "../../../tensor/Rng.ts";
import { EXTRA_SENSORY_GROUPS, readExtraSensory } from "../../sets/extraSensory.ts";
import type { HostBatch, ImlProtocol, ModalitySubset } from "./protocol.ts";

/** Numbers per minute of each group, flags included: see `readExtraSensory`. */
const WIDTHS: Readonly<Record<(typeof EXTRA_SENSORY_GROUPS)[number], number>> = {
  phone_acc: 26,
  phone_gyro: 26,
  phone_magnet: 31,
  watch_acc: 46,
  watch_compass: 9,
  location: 34,
  audio: 28,
  phone_state: 80,
};

/** Groups whose single values go missing: the second half of their numbers tells which. */
const FLAGGED = new Set<string>(["location", "phone_state"]);

/** Deviation of the noise on every value: what a minute measures differs more from person to person. */
const NOISE = 0.5;

/** Share of values of the flagged groups that are taken away in training: they tell persons apart. */
const HIDDEN = 0.5;

const network: ImlConfig = {
  grid: { kind: "line", length: 1 },
  modalities: EXTRA_SENSORY_GROUPS.map((name) => ({
    name,
    adapter: { kind: "series", length: 1, channels: WIDTHS[name], window: 1 },
    hidden: 32,
    missingFlags: FLAGGED.has(name),
  })),
  // Sixteen people are few: a larger network learns them by heart.
  width: 32,
  heads: 4,
  headWidth: 8,
  layers: 2,
  modalityAttention: "cross",
  mask: "block",
  fusionTokens: "perPosition",
  norms: 1,
  decoder: { width: 32, heads: 4, layers: 1 },
  classes: 6,
};

const single = (name: string): ModalitySubset => ({
  name,
  modalities: [name],
  required: [name],
  perClass: 1000,
});

const natural: ModalitySubset = {
  name: "natural",
  modalities: EXTRA_SENSORY_GROUPS,
  required: [],
};

/** ExtraSensory: what a person does in a minute, from the groups of sensors that worked in it. */
export const extraSensory: ImlProtocol = {
  set: "extrasensory30",
  network,
  score: "balanced",
  classify: {
    steps: 300,
    batch: 128,
    peak: 1e-3,
    weightDecay: 0.1,
    keep: 1,
    dropout: 0.3,
    smoothing: 0.1,
    own: 1,
    balanced: true,
  },
  pretrain: {
    steps: 300,
    batch: 128,
    peak: 1e-3,
    weightDecay: 0.1,
    keep: 0.5,
    contrast: { kind: "infonce", weight: 0.3 },
  },
  subsets: [
    natural,
    {
      name: "all",
      modalities: EXTRA_SENSORY_GROUPS,
      required: EXTRA_SENSORY_GROUPS,
      perClass: 1000,
    },
    ...EXTRA_SENSORY_GROUPS.map(single),
    ...EXTRA_SENSORY_GROUPS.map((left) => ({
      name: `without-${left}`,
      modalities: EXTRA_SENSORY_GROUPS.filter((name) => name !== left),
      required: [left],
      perClass: 1000,
    })),
  ],
  specialists: [natural, ...EXTRA_SENSORY_GROUPS.map(single)],
  // Every group is one token: hiding it is leaving the group out.
  leftOut: ["no-patch-dropout"],
  read: readExtraSensory,
  augment: withNoise,
  prepare: (batch) =>
    Object.fromEntries(
      Object.entries(batch).map(
        ([
          name,
          {
            data,
            shape: [rows = 0, width = 0],
          },
        ]) => [name, hostTensor(data, [rows, 1, width])],
      ),
    ),
};

/** Every measured value moved a little; of the flagged groups some values taken away, flag and all. */
function withNoise(batch: HostBatch, rng: Rng): HostBatch {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { data, shape }]) => {
      const width = shape[1] ?? 1;
      const values = FLAGGED.has(name) ? width / 2 : width;
      const moved = Float32Array.from(data);
      for (let row = 0; row < moved.length; row += width)
        for (let i = row; i < row + values; i++) {
          if (values === width) moved[i] = (moved[i] ?? 0) + rng.normal(0, NOISE);
          else if ((moved[i + values] ?? 0) === 0) {
            const isHidden = rng.uniform() < HIDDEN;
            moved[i] = isHidden ? 0 : (moved[i] ?? 0) + rng.normal(0, NOISE);
            moved[i + values] = isHidden ? 1 : 0;
          }
        }
      return [name, hostTensor(moved, shape)];
    }),
  );
}
