import type { Rng } from "../../../../tensor/Rng.ts";

/** A linear map of the plane: [x → x, y → x, x → y, y → y]. */
export type PlaneMap = readonly [xx: number, xy: number, yx: number, yy: number];

/** How far hands differ: turn in radians, lean of the top for each unit of height, logarithm of the aspect. */
export const HANDS = { turn: (10 * Math.PI) / 180, lean: 0.12, aspect: 0.2 } as const;

/** A slant, a turn and an aspect as another hand might have; areas stay. */
export function drawHand(rng: Rng): PlaneMap {
  const angle = rng.uniform(-HANDS.turn, HANDS.turn);
  const lean = rng.uniform(-HANDS.lean, HANDS.lean);
  const wide = Math.exp(rng.uniform(-HANDS.aspect, HANDS.aspect) / 2);
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return [cosine * wide, cosine * lean - sine / wide, sine * wide, sine * lean + cosine / wide];
}

/**
 * A trajectory as that hand would have drawn it, laid out as all are: centred, its longer side 1.
 *
 * @param points [P, 2] x and y in 0..1; not changed.
 * @param target [P, 2] takes the result.
 * @returns How much longer the longer side had become: the picture shrinks by the same.
 */
export function moveTrajectory(
  points: Float32Array,
  target: Float32Array,
  [xx, xy, yx, yy]: PlaneMap,
): number {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at + 1 < points.length; at += 2) {
    const [x, y] = [(points[at] ?? 0) - 0.5, (points[at + 1] ?? 0) - 0.5];
    target[at] = xx * x + xy * y;
    target[at + 1] = yx * x + yy * y;
    for (let axis = 0; axis < 2; axis++) {
      const value = target[at + axis] ?? 0;
      low[axis] = Math.min(low[axis] ?? 0, value);
      high[axis] = Math.max(high[axis] ?? 0, value);
    }
  }
  const middle = [0, 1].map((axis) => ((low[axis] ?? 0) + (high[axis] ?? 0)) / 2);
  const side = Math.max((high[0] ?? 0) - (low[0] ?? 0), (high[1] ?? 0) - (low[1] ?? 0), 1e-6);
  for (let i = 0; i < points.length; i++)
    target[i] = ((target[i] ?? 0) - (middle[i & 1] ?? 0)) / side + 0.5;
  return side;
}

/**
 * A picture as that hand would have drawn it, about the middle; nothing comes in from the border.
 *
 * @param picture [side, side] ink; not changed.
 * @param target [side, side] takes the result.
 * @param shrink The map's sizes are divided by this; 1 keeps them.
 */
export function movePicture(
  picture: Float32Array,
  target: Float32Array,
  [xx, xy, yx, yy]: PlaneMap,
  shrink = 1,
): void {
  const side = Math.round(Math.sqrt(picture.length));
  const middle = (side - 1) / 2;
  const factor = shrink / (xx * yy - xy * yx);
  const ink = (row: number, column: number): number =>
    row < 0 || row >= side || column < 0 || column >= side
      ? 0
      : (picture[row * side + column] ?? 0);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const [right, down] = [column - middle, row - middle];
      // Where the point came from: the inverse of the map.
      const x = (yy * right - xy * down) * factor + middle;
      const y = (xx * down - yx * right) * factor + middle;
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [fx, fy] = [x - left, y - top];
      target[row * side + column] =
        (ink(top, left) * (1 - fx) + ink(top, left + 1) * fx) * (1 - fy) +
        (ink(top + 1, left) * (1 - fx) + ink(top + 1, left + 1) * fx) * fy;
    }
}
