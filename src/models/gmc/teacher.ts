import { ConfigError } from "../../errors.ts";
import type { TensorTree } from "../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import type { GmcParams, HeadParams, JointParams } from "./params.ts";

/** A slow copy of the joint encoder and the head. */
export type GmcTeacher<L> = { readonly joint: JointParams<L>; readonly head: HeadParams<L> };

/** The teacher at the start: the student itself. */
export function initTeacher<L>(params: GmcParams<L>): GmcTeacher<L> {
  return { joint: params.joint, head: params.head };
}

/**
 * t ← decay · t + (1 − decay) · s for every weight.
 *
 * @param decay In [0, 1); 0.99 follows within some hundred steps.
 * @throws {ConfigError} If decay is out of range.
 */
export function followStudent(
  teacher: GmcTeacher<Tensor>,
  student: GmcTeacher<Tensor>,
  decay: number,
): GmcTeacher<Tensor> {
  if (!(decay >= 0 && decay < 1))
    throw new ConfigError("gmc teacher", `decay must be in [0, 1), got ${decay}`);
  const follow = (old: TensorTree, target: TensorTree): TensorTree =>
    Object.fromEntries(
      Object.entries(old).map(([name, node]) => {
        const other = target[name];
        if (node instanceof tf.Tensor)
          return [
            name,
            other instanceof tf.Tensor
              ? tf.add(tf.mul(node, decay), tf.mul(other, 1 - decay))
              : node,
          ];
        return [
          name,
          other instanceof tf.Tensor || other === undefined ? node : follow(node, other),
        ];
      }),
    );
  // The same tree comes out that went in.
  return follow(
    { joint: teacher.joint, head: teacher.head },
    { joint: student.joint, head: student.head },
  ) as unknown as GmcTeacher<Tensor>;
}
