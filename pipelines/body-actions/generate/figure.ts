import type { Place, Pose } from "./poses.ts";

/** How a figure is built and where it stands. */
export interface Build {
  /** 1 is a body of 1.7 m. */
  readonly size: number;
  /** Turn about the vertical, in radians. */
  readonly turn: number;
  /** Right of the camera's axis and away from it, in metres. */
  readonly place: readonly [x: number, z: number];
}

const [ARM, LEG, HIP_HEIGHT] = [0.55, 0.82, -0.1] as const;

/** Bones by their two joints and how thick they are, in metres. */
export const BONES: readonly (readonly [from: number, to: number, radius: number])[] = [
  [0, 1, 0.1],
  [1, 2, 0.13],
  [2, 3, 0.14],
  [4, 8, 0.07],
  [4, 5, 0.05],
  [5, 7, 0.045],
  [8, 9, 0.05],
  [9, 11, 0.045],
  [12, 16, 0.09],
  [12, 13, 0.08],
  [13, 15, 0.06],
  [16, 17, 0.08],
  [17, 19, 0.06],
];

/** The 20 joints of a figure, in the order of Kinect's first skeleton. */
export function jointsOf({ right, left, crouch }: Pose, build: Build): readonly Place[] {
  const hip = HIP_HEIGHT - crouch * LEG;
  const side = (sign: number, hand: Place): Place[] => {
    const shoulder: Place = [sign * 0.18, hip + 0.42, 0];
    const reach: Place = [
      shoulder[0] + hand[0] * ARM,
      shoulder[1] + hand[1] * ARM,
      shoulder[2] + hand[2] * ARM,
    ];
    return [
      shoulder,
      bend(shoulder, reach, [sign * 0.1, -0.08, 0.05]),
      between(shoulder, reach, 0.9),
      reach,
    ];
  };
  const leg = (sign: number): Place[] => {
    const top: Place = [sign * 0.09, hip - 0.06, 0];
    const foot: Place = [sign * 0.11, HIP_HEIGHT - LEG, -0.08];
    const ankle: Place = [sign * 0.1, HIP_HEIGHT - LEG + 0.06, 0];
    return [top, bend(top, ankle, [0, 0, -0.5 * crouch]), ankle, foot];
  };
  const body: Place[] = [
    [0, hip + 0.62, 0],
    [0, hip + 0.44, 0.02],
    [0, hip + 0.08, 0.03],
    [0, hip, 0],
    ...side(-1, left),
    ...side(1, right),
    ...leg(-1),
    ...leg(1),
  ];
  const [cosine, sine] = [Math.cos(build.turn), Math.sin(build.turn)];
  return body.map(([x, y, z]) => [
    build.place[0] + build.size * (cosine * x - sine * z),
    build.size * y,
    build.place[1] + build.size * (sine * x + cosine * z),
  ]);
}

/** A depth picture of a figure: [60, 80] u8, 0 where there is nothing, else (mm − 1400) / 8. */
export function depthOf(joints: readonly Place[]): Uint8Array {
  const picture = new Uint8Array(60 * 80);
  const nearest = new Float64Array(60 * 80).fill(Infinity);
  for (const [from, to, radius] of BONES) {
    const [a, b] = [joints[from], joints[to]];
    if (a === undefined || b === undefined) continue;
    for (let step = 0; step <= 12; step++) {
      const [x, y, z] = between(a, b, step / 12);
      const scale = FOCAL / z;
      const [column, row, spread] = [40 + x * scale, 30 - y * scale, radius * scale];
      for (let v = Math.ceil(row - spread); v <= row + spread; v++)
        for (let u = Math.ceil(column - spread); u <= column + spread; u++) {
          const off = Math.hypot(u - column, v - row) / spread;
          if (off > 1 || u < 0 || v < 0 || u >= 80 || v >= 60) continue;
          const depth = z - radius * Math.sqrt(1 - off * off);
          const at = v * 80 + u;
          if (depth >= (nearest[at] ?? 0)) continue;
          nearest[at] = depth;
          picture[at] = Math.min(Math.max(Math.round((depth * 1_000 - 1_400) / 8), 1), 255);
        }
    }
  }
  return picture;
}

/** Pixels per metre at a metre's distance. */
const FOCAL = 82;

function between(a: Place, b: Place, share: number): Place {
  const at = (i: 0 | 1 | 2): number => (1 - share) * a[i] + share * b[i];
  return [at(0), at(1), at(2)];
}

/** A joint half-way, set off as far as the two ends are near each other. */
function bend(a: Place, b: Place, off: Place): Place {
  const middle = between(a, b, 0.5);
  return [middle[0] + off[0], middle[1] + off[1], middle[2] + off[2]];
}
