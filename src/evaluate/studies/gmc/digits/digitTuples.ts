import { type HostTensor, hostTensor } from "../../../../tensor/HostTensor.ts";
import type { Rng } from "../../../../tensor/Rng.ts";
import { gatherRows } from "../../../Examples.ts";
import { MHD_MODALITIES, type MhdDigits } from "../../../sets/mhdDigits.ts";
import type { InstantInputs, Instants } from "../GmcTask.ts";
import { moveSpeech } from "./moveSpeech.ts";

/** Tuples of digits, laid out as the networks read them. */
export interface DigitTuples extends Instants {
  /** [count] speaker of each tuple's speech. */
  readonly speakers: Int32Array;
  /** [count] row of each tuple's act of writing. */
  readonly writings: Int32Array;
}

/**
 * Lays out digits: trajectories about 0, in −1..1, where an affine map learns them faster; speech as
 * [bands, time, 1]; pictures as they are. With a generator, speech is moved, see `moveSpeech`.
 */
export function digitTuples(digits: MhdDigits): DigitTuples {
  const { rows } = digits;
  const { trajectory } = digits.items;
  const items: InstantInputs = {
    ...digits.items,
    trajectory: hostTensor(
      trajectory.data.map((value) => 2 * value - 1),
      trajectory.shape,
    ),
    speech: bandsFirst(digits.items.speech),
  };
  const pick = (from: Int32Array, tuples: ArrayLike<number>): Int32Array =>
    Int32Array.from({ length: tuples.length }, (_, i) => from[tuples[i] ?? -1] ?? -1);
  return {
    count: digits.count,
    labels: digits.labels,
    speakers: pick(digits.speakers, rows.speech),
    writings: rows.trajectory,
    inputs: (tuples, rng) =>
      Object.fromEntries(
        MHD_MODALITIES.map((name) => {
          const picked = gatherRows(items[name] ?? digits.items[name], pick(rows[name], tuples));
          return [name, name === "speech" && rng !== undefined ? moved(picked, rng) : picked];
        }),
      ),
  };
}

function moved({ data, shape }: HostTensor<"float32">, rng: Rng): HostTensor<"float32"> {
  const [count = 0, bands = 0, time = 0] = shape;
  const size = bands * time;
  const out = new Float32Array(data.length);
  for (let i = 0; i < count; i++)
    moveSpeech(
      data.subarray(i * size, (i + 1) * size),
      out.subarray(i * size, (i + 1) * size),
      [bands, time],
      rng,
    );
  return hostTensor(out, shape);
}

/** [S, time, bands] to [S, bands, time, 1]. */
function bandsFirst({ data, shape }: HostTensor<"float32">): HostTensor<"float32"> {
  const [S = 0, time = 0, bands = 0] = shape;
  const out = new Float32Array(data.length);
  for (let s = 0; s < S; s++)
    for (let t = 0; t < time; t++)
      for (let b = 0; b < bands; b++)
        out[(s * bands + b) * time + t] = data[(s * time + t) * bands + b] ?? 0;
  return hostTensor(out, [S, bands, time, 1]);
}
