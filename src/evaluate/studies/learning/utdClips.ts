import type { Rng } from "../../../tensor/Rng.ts";
import type { DataSet } from "../../DataSet.ts";
import { readUtdMhad, UTD_ROWS } from "../../sets/utdMhad.ts";
import type { StreamRow } from "./StreamRow.ts";

/** Rows of a clip: its own time runs from 0 to 1 in all of its sensors. */
export const CLIP_ROWS = UTD_ROWS.skeleton;

/** One action of one person. */
export interface Clip {
  readonly person: number;
  /** Which of the person's takes of this action. */
  readonly take: number;
  readonly rows: readonly StreamRow[];
}

/** Sizes of a row's features by stream: two readings of the inertial sensor, one skeleton. */
export const UTD_SIZES = {
  inertial: (UTD_ROWS.inertial / CLIP_ROWS) * 6,
  skeleton: 60,
} as const;

/** The clips of a split, wrist or thigh sensor and skeleton, as rows of a stream. */
export async function readUtdClips(data: DataSet, split: string): Promise<readonly Clip[]> {
  const { count, labels, groups, inputs } = await readUtdMhad(data, split);
  const takes = new Map<string, number>();
  return Array.from({ length: count }, (_, clip) => {
    const person = groups?.[clip] ?? 0;
    const label = (labels[clip] ?? 0) + 1;
    const take = takes.get(`${person} ${label}`) ?? 0;
    takes.set(`${person} ${label}`, take + 1);
    const part = (name: keyof typeof UTD_SIZES, row: number): Float32Array => {
      const size = UTD_SIZES[name];
      const from = (clip * CLIP_ROWS + row) * size;
      return inputs[name]?.data.slice(from, from + size) ?? new Float32Array(size);
    };
    return {
      person,
      take,
      rows: Array.from({ length: CLIP_ROWS }, (_, row) => ({
        inputs: { inertial: part("inertial", row), skeleton: part("skeleton", row) },
        label,
      })),
    };
  });
}

/** One person after the other, each with all actions in a random order, as one stream without pauses. */
export function lineUp(clips: readonly Clip[], rng: Rng): readonly StreamRow[] {
  const people = [...new Set(clips.map(({ person }) => person))];
  return people.flatMap((person) =>
    rng.shuffle(clips.filter((clip) => clip.person === person)).flatMap(({ rows }) => rows),
  );
}
