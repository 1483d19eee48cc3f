import type { Rng } from "../../../tensor/Rng.ts";
import type { DataSet } from "../../DataSet.ts";
import { gatherRows } from "../../Examples.ts";
import { MHD_MODALITIES, type MhdModality, readMhdDigits } from "../../sets/mhdDigits.ts";
import { MHD_ENCODERS } from "./encoders.ts";
import type { SubsetTask } from "./SubsetTask.ts";

const SCHEDULE = { epochs: 2, batch: 64, peakRate: 2e-3, dropout: 0.3 } as const;

/** What results rest on beside code and data: a change makes kept trials stale. */
export const MHD_SETTINGS = {
  encoders: MHD_ENCODERS,
  schedule: SCHEDULE,
  missingSchedule: { ...SCHEDULE, epochs: 1 },
} as const;

/** Written and spoken digits; speech by new speakers is the hard part. */
export async function mhdTask(data: DataSet, split: string): Promise<SubsetTask> {
  const train = await readMhdDigits(data, "train");
  const test = await readMhdDigits(data, split);
  const gather = (digits: typeof train, name: MhdModality, rows: ArrayLike<number>) =>
    gatherRows(
      digits.items[name],
      Int32Array.from(rows, (row) => digits.rows[name][row] ?? 0),
    ).data;
  const all = Int32Array.from({ length: test.count }, (_, i) => i);
  const inputsOf = (digits: typeof train, rows: ArrayLike<number>) =>
    Object.fromEntries(MHD_MODALITIES.map((name) => [name, gather(digits, name, rows)]));
  return {
    encoders: MHD_ENCODERS,
    classes: train.classes,
    source: {
      count: train.count,
      labels: train.labels,
      draw: (modality, rows, rng) => {
        const name = MHD_MODALITIES.find((known) => known === modality) ?? "speech";
        const x = gather(train, name, rows);
        if (name === "speech") shiftSpeech(x, rows.length, rng);
        return x;
      },
    },
    plain: (rows) => ({
      labels: Int32Array.from(rows, (row) => train.labels[row] ?? 0),
      inputs: inputsOf(train, rows),
    }),
    test: { labels: test.labels, inputs: inputsOf(test, all) },
    schedule: MHD_SETTINGS.schedule,
    missingSchedule: MHD_SETTINGS.missingSchedule,
  };
}

const [STEPS, BANDS] = [64, 40] as const;

/** Other voices: bands up or down by up to three, sound earlier or later, louder or softer. In place. */
function shiftSpeech(x: Float32Array, count: number, rng: Rng): void {
  for (let row = 0; row < count; row++) {
    const clip = x.subarray(row * STEPS * BANDS, (row + 1) * STEPS * BANDS);
    const old = Float32Array.from(clip);
    const [later, higher] = [rng.int(-4, 5), rng.int(-3, 4)];
    const gain = rng.uniform(-0.1, 0.1);
    for (let step = 0; step < STEPS; step++)
      for (let band = 0; band < BANDS; band++) {
        const [from, at] = [step - later, Math.min(Math.max(band - higher, 0), BANDS - 1)];
        const value = from < 0 || from >= STEPS ? 0 : (old[from * BANDS + at] ?? 0);
        clip[step * BANDS + band] = value === 0 ? 0 : Math.min(Math.max(value + gain, 0), 1);
      }
  }
}
