import { hostTensor } from "../../tensor/HostTensor.ts";
import type { DataSet } from "../DataSet.ts";
import type { Examples } from "../Examples.ts";
import { depthPictures } from "./depthPictures.ts";
import { resampleRows } from "./resampleRows.ts";
import { standardise } from "./standardise.ts";

/** Rows per clip of each modality: a clip's own time runs from 0 to 1 in all of them. */
export const UTD_ROWS = { inertial: 64, skeleton: 32, depth: 16 } as const;

const JOINTS = 20;
const [HEAD, HIP_CENTRE] = [0, 3] as const;

/**
 * UTD-MHAD: 27 actions by wrist or thigh inertial sensor, skeleton and depth video.
 *
 * The sensors of a clip have no common clock, so each is resampled by fraction of the clip.
 *
 * @returns Inputs `inertial` [N, 64, 6], standardised by the training people's mean and deviation;
 *   `skeleton` [N, 32, 60], joints minus the first row's hip centre, in units of its head-hip distance;
 *   `depth` [N, 16, 30, 28, 4], see `depthPictures`. Groups are the people.
 * @throws {ModelError} If the arrays are not there.
 */
export async function readUtdMhad(data: DataSet, split: string): Promise<Examples> {
  const labels = Int32Array.from((await data.array(`label_${split}`)).data);
  const people = Int32Array.from((await data.array(`subject_${split}`)).data);
  const inertial = await clips(data, "inertial", split, UTD_ROWS.inertial);
  standardise(
    inertial,
    split === "train" ? inertial : await clips(data, "inertial", "train", UTD_ROWS.inertial),
    6,
  );
  const skeleton = await clips(data, "skeleton", split, UTD_ROWS.skeleton);
  for (let i = 0; i < labels.length; i++)
    centreSkeleton(skeleton.subarray(i * 1920, (i + 1) * 1920));
  const depth = await data.array(`depth_${split}`);
  const depthOffsets = (await data.array(`depth_offsets_${split}`)).data;
  const N = labels.length;
  return {
    count: N,
    classes: data.labelNames.length,
    labels,
    groups: people,
    inputs: {
      inertial: hostTensor(inertial, [N, UTD_ROWS.inertial, 6]),
      skeleton: hostTensor(skeleton, [N, UTD_ROWS.skeleton, JOINTS * 3]),
      depth: depthPictures(depth, depthOffsets, UTD_ROWS.depth),
    },
  };
}

/** All clips of a ragged array, decoded to its unit and resampled: [N · rows · width] flat. */
async function clips(
  data: DataSet,
  content: string,
  split: string,
  rows: number,
): Promise<Float32Array> {
  const array = await data.array(`${content}_${split}`);
  const offsets = (await data.array(`${content}_offsets_${split}`)).data;
  const width = array.shape.slice(1).reduce((product, size) => product * size, 1);
  const count = offsets.length - 1;
  const out = new Float32Array(count * rows * width);
  for (let i = 0; i < count; i++) {
    const [from, to] = [offsets[i] ?? 0, offsets[i + 1] ?? 0];
    const clip = array.data.subarray(from * width, to * width);
    out.set(resampleRows(clip, to - from, width, rows), i * rows * width);
  }
  return out;
}

/** Moves the first row's hip centre to the origin and makes its distance to the head 1, in place. */
function centreSkeleton(clip: Float32Array): void {
  const hip = Float32Array.from(clip.subarray(HIP_CENTRE * 3, HIP_CENTRE * 3 + 3));
  const reach = [0, 1, 2].map((axis) => (clip[HEAD * 3 + axis] ?? 0) - (hip[axis] ?? 0));
  const length = Math.max(Math.hypot(...reach), 1e-3);
  for (let i = 0; i < clip.length; i++) clip[i] = ((clip[i] ?? 0) - (hip[i % 3] ?? 0)) / length;
}
