import type { Rng } from "../../../src/sensing.ts";
import type { HeadPose } from "./drawMouth.ts";

export interface HeadPoseOptions {
  /** How much the head moves: 1 is a person who sits still and talks. */
  readonly restlessness?: number;
  /** How far off its place in the picture the mouth may be all the time, in pixels. */
  readonly offset?: number;
}

/** Periods of the sways that make up a motion, in ms: incommensurable, so that it never repeats. */
const SWAYS_MS = [5_300, 3_170, 1_930, 1_090];

/**
 * A head that is never quite still: slow sways of place, tilt, distance and light.
 *
 * @returns The pose at any time in ms.
 */
export function headPose(
  rng: Rng,
  { restlessness = 1, offset = 0 }: HeadPoseOptions = {},
): (timeMs: number) => HeadPose {
  const sway = (amplitude: number): ((timeMs: number) => number) => {
    const waves = SWAYS_MS.map((period, index) => ({
      rate: (2 * Math.PI) / (period * rng.uniform(0.85, 1.15)),
      phase: rng.uniform(0, 2 * Math.PI),
      depth: (amplitude * restlessness * rng.uniform(0.5, 1)) / (index + 1.5),
    }));
    return (timeMs) =>
      waves.reduce(
        (sum, { rate, phase, depth }) => sum + depth * Math.sin(rate * timeMs + phase),
        0,
      );
  };
  const [right, down, tilt, nearness, light] = [
    sway(0.8),
    sway(0.7),
    sway(0.025),
    sway(0.015),
    sway(0.012),
  ];
  const [offsetRight, offsetDown] = [rng.uniform(-offset, offset), rng.uniform(-offset, offset)];
  return (timeMs) => ({
    right: offsetRight + right(timeMs),
    down: offsetDown + down(timeMs),
    tilt: tilt(timeMs),
    scale: 1 + nearness(timeMs),
    light: 1 + light(timeMs),
  });
}
