import type { Rng } from "../../../tensor/Rng.ts";
import { resampleTime } from "./resampleTime.ts";
import { roughNormal } from "./roughNormal.ts";
import { warpedPlaces } from "./warpedPlaces.ts";

/** How much a series of vectors in space may change. */
export interface InertialAugmentation {
  /** Vectors of three numbers in a row: 2 for accelerometer and gyroscope, one per joint of a skeleton. */
  readonly vectors: number;
  /**
   * Largest turn, in radians, of all vectors together; `any` about a random axis (how the sensor sits
   * on the body), else about one of the three axes (how the body stands to the camera).
   */
  readonly turn: { readonly angle: number; readonly axis: "any" | 0 | 1 | 2 };
  /** Largest change of size, as a share. */
  readonly scale: number;
  /** Standard deviation of noise on every value. */
  readonly noise: number;
  /** How often one of the vectors is silenced, 0 … 1: set to 0 in all rows. */
  readonly drop: number;
  readonly crop: number;
  readonly pace: number;
}

/**
 * Another recording of a movement: turned, scaled, noisy, at another pace, at times with a vector silent.
 *
 * @param x [rows, 3 · vectors]; not changed.
 * @returns The same shape.
 *
 * Um et al. 2017, sec. 3, arXiv:1706.00527.
 */
export function augmentInertial(
  x: Float32Array,
  options: InertialAugmentation,
  rng: Rng,
): Float32Array {
  const { vectors, turn, scale, noise, drop, crop, pace } = options;
  const width = 3 * vectors;
  const rows = x.length / width;
  const out = resampleTime(x, width, warpedPlaces(rows, { crop, pace }, rng));
  const gain = 1 + rng.uniform(-scale, scale);
  const rotation = rotationAbout(drawAxis(turn.axis, rng), rng.uniform(-turn.angle, turn.angle));
  const silent = rng.uniform() < drop ? rng.int(0, vectors) : -1;
  for (let at = 0; at < out.length; at += 3) {
    if ((at / 3) % vectors === silent) {
      out.fill(0, at, at + 3);
      continue;
    }
    const [x0, x1, x2] = [out[at] ?? 0, out[at + 1] ?? 0, out[at + 2] ?? 0];
    for (let i = 0; i < 3; i++) {
      const turned =
        (rotation[3 * i] ?? 0) * x0 +
        (rotation[3 * i + 1] ?? 0) * x1 +
        (rotation[3 * i + 2] ?? 0) * x2;
      out[at + i] = gain * turned + (noise > 0 ? roughNormal(rng, noise) : 0);
    }
  }
  return out;
}

function drawAxis(axis: "any" | 0 | 1 | 2, rng: Rng): readonly number[] {
  if (axis !== "any") return [0, 1, 2].map((i) => (i === axis ? 1 : 0));
  const drawn = [rng.normal(), rng.normal(), rng.normal()];
  const length = Math.max(Math.hypot(...drawn), 1e-12);
  return drawn.map((value) => value / length);
}

/** Rodrigues' formula: the matrix, row after row, that turns by `angle` about a unit axis. */
function rotationAbout([x = 0, y = 0, z = 0]: readonly number[], angle: number): Float64Array {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const t = 1 - c;
  return Float64Array.of(
    t * x * x + c,
    t * x * y - s * z,
    t * x * z + s * y,
    t * x * y + s * z,
    t * y * y + c,
    t * y * z - s * x,
    t * x * z - s * y,
    t * y * z + s * x,
    t * z * z + c,
  );
}
