import { delaunayComponents } from "../../../robustness/dca/delaunayComponents.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { Rng } from "../../../tensor/Rng.ts";
import { gatherRows } from "../../Examples.ts";

/** Points per set and rays per point of every score. */
export const DCA_POINTS = 400;
export const DCA_RAYS = 1000;

/**
 * DCA scores of each modality against the joint: `dca/<modality>`, and `dca/ceiling`, half of the joint
 * against the other half.
 */
export function dcaScores(
  joint: HostTensor<"float32">,
  modalities: Readonly<Record<string, HostTensor<"float32">>>,
  seed: number,
): Record<string, number> {
  const [N = 0] = joint.shape;
  const order = Rng.fromSeed(seed)
    .fork("dca")
    .shuffle(Int32Array.from({ length: N }, (_, i) => i));
  const points = Math.min(DCA_POINTS, N >> 1);
  const rows = order.slice(0, points);
  const reference = gatherRows(joint, rows);
  const score = (evaluated: HostTensor<"float32">): number =>
    delaunayComponents({ reference, evaluated, rays: DCA_RAYS, seed }).score;
  return {
    ...Object.fromEntries(
      Object.entries(modalities).map(([name, z]) => [`dca/${name}`, score(gatherRows(z, rows))]),
    ),
    "dca/ceiling": score(gatherRows(joint, order.slice(points, 2 * points))),
  };
}
