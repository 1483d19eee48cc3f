import { type HostTensor, hostTensor } from "../../../../tensor/HostTensor.ts";
import type { Rng } from "../../../../tensor/Rng.ts";
import { gatherRows } from "../../../Examples.ts";
import { MHD_MODALITIES, type MhdDigits } from "../../../sets/mhdDigits.ts";
import type { InstantInputs, Instants } from "../GmcTask.ts";
import { drawHand, movePicture, moveTrajectory } from "./movePen.ts";
import { moveSpeech } from "./moveSpeech.ts";
import { spreadSpeech } from "./spreadSpeech.ts";

/** Tuples of digits, laid out as the networks read them. */
export interface DigitTuples extends Instants {
  /** [count] speaker of each tuple's speech. */
  readonly speakers: Int32Array;
  /** [count] row of each tuple's act of writing. */
  readonly writings: Int32Array;
}

/**
 * Lays out digits: trajectories about 0, in −1..1, where an affine map learns them faster; speech as
 * [bands, time, 1], see `spreadSpeech`; pictures as they are. With a generator they come as other people might have given
 * them: a trajectory and its picture by one other hand, the MNIST picture by a hand of its own, speech as
 * `moveSpeech` has it.
 */
export function digitTuples(digits: MhdDigits): DigitTuples {
  const { rows } = digits;
  const items: InstantInputs = { ...digits.items, speech: layOutSpeech(digits.items.speech) };
  const pick = (from: Int32Array, tuples: ArrayLike<number>): Int32Array =>
    Int32Array.from({ length: tuples.length }, (_, i) => from[tuples[i] ?? -1] ?? -1);
  return {
    count: digits.count,
    labels: digits.labels,
    speakers: pick(digits.speakers, rows.speech),
    writings: rows.trajectory,
    inputs: (tuples, rng) => {
      const picked = Object.fromEntries(
        MHD_MODALITIES.map((name) => [
          name,
          gatherRows(items[name] ?? digits.items[name], pick(rows[name], tuples)),
        ]),
      );
      const given = rng === undefined ? picked : { ...picked, ...moveTuples(picked, rng) };
      const { trajectory } = given;
      return {
        ...given,
        ...(trajectory !== undefined && {
          trajectory: hostTensor(
            trajectory.data.map((value) => 2 * value - 1),
            trajectory.shape,
          ),
        }),
      };
    },
  };
}

/** Tuples as other people might have given them. */
function moveTuples(inputs: InstantInputs, rng: Rng): InstantInputs {
  const rows = (name: string): { readonly from: Float32Array; readonly to: Float32Array }[] => {
    const { data, shape } = out[name] ?? hostTensor(new Float32Array(), [0]);
    const size = data.length / Math.max(1, shape[0] ?? 0);
    return Array.from({ length: shape[0] ?? 0 }, (_, i) => ({
      from: (inputs[name]?.data ?? data).subarray(i * size, (i + 1) * size),
      to: data.subarray(i * size, (i + 1) * size),
    }));
  };
  const out: Record<string, HostTensor<"float32">> = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [
      name,
      hostTensor(new Float32Array(data.length), shape),
    ]),
  );
  const pictures = rows("pen-image");
  for (const [i, { from, to }] of rows("trajectory").entries()) {
    const hand = drawHand(rng);
    const longer = moveTrajectory(from, to, hand);
    const picture = pictures[i];
    if (picture !== undefined) movePicture(picture.from, picture.to, hand, longer);
  }
  for (const { from, to } of rows("mnist-image")) movePicture(from, to, drawHand(rng));
  const [, bands = 0, time = 0] = inputs["speech"]?.shape ?? [];
  for (const { from, to } of rows("speech")) moveSpeech(from, to, [bands, time], rng);
  return out;
}

/** [S, time, bands] to [S, bands, time, 1], each sound spread over all of the time. */
function layOutSpeech({ data, shape }: HostTensor<"float32">): HostTensor<"float32"> {
  const [S = 0, time = 0, bands = 0] = shape;
  const size = time * bands;
  const out = new Float32Array(data.length);
  for (let s = 0; s < S; s++) {
    const spread = spreadSpeech(data.subarray(s * size, (s + 1) * size), bands);
    for (let t = 0; t < time; t++)
      for (let b = 0; b < bands; b++) out[s * size + b * time + t] = spread[t * bands + b] ?? 0;
  }
  return hostTensor(out, [S, bands, time, 1]);
}
