/** A place in metres: right, up, away from the camera. */
export type Place = readonly [x: number, y: number, z: number];

/** What a body does with its hands and knees; hands are from their own shoulder, in arm's lengths. */
export interface Pose {
  readonly right: Place;
  readonly left: Place;
  /** How far the hip is let down, in leg's lengths. */
  readonly crouch: number;
}

const DOWN: Place = [0, -1, 0];

/** Standing with hanging arms. */
export const REST: Pose = { right: DOWN, left: DOWN, crouch: 0 };

/** Each action's course: pose at a fraction of it, `reach` being how wide the movement is. */
export const COURSES: Readonly<Record<string, (progress: number, reach: number) => Pose>> = {
  wave: (p, reach) => ({
    ...REST,
    right: mix(DOWN, [0.35 * reach * Math.sin(20 * p), 0.85, -0.25], raise(p)),
  }),
  clap: (p, reach) => {
    const apart = 0.25 * reach * (1 + Math.sin(22 * p));
    return {
      ...REST,
      right: mix(DOWN, [apart - 0.35, -0.1, -0.7], raise(p)),
      left: mix(DOWN, [0.35 - apart, -0.1, -0.7], raise(p)),
    };
  },
  "draw circle clockwise": (p, reach) => {
    const angle = 2 * Math.PI * Math.min(Math.max((p - 0.2) / 0.6, 0), 1);
    const [x, y] = [0.4 * reach * Math.sin(angle), 0.4 * reach * Math.cos(angle)];
    return { ...REST, right: mix(DOWN, [x - 0.1, y + 0.1, -0.75], raise(p)) };
  },
  boxing: (p, reach) => {
    const punch = (phase: number): Place => [
      0.05,
      0.05,
      -0.35 - 0.5 * reach * Math.max(Math.sin(24 * p + phase), 0),
    ];
    return {
      ...REST,
      right: mix(DOWN, punch(0), raise(p)),
      left: mix(DOWN, punch(Math.PI), raise(p)),
    };
  },
  "arm cross": (p, reach) => {
    const crossing = Math.sin(Math.PI * Math.min(Math.max((p - 0.15) / 0.7, 0), 1)) ** 0.5;
    return {
      ...REST,
      right: mix(DOWN, [-0.6 * reach, 0.05, -0.45], crossing),
      left: mix(DOWN, [0.6 * reach, 0.05, -0.5], crossing),
    };
  },
  squat: (p, reach) => ({
    right: mix(DOWN, [0, 0, -0.95], Math.sin(Math.PI * p) ** 2),
    left: mix(DOWN, [0, 0, -0.95], Math.sin(Math.PI * p) ** 2),
    crouch: 0.5 * reach * Math.sin(Math.PI * p) ** 2,
  }),
};

/** Up within the first fifth, down within the last. */
function raise(progress: number): number {
  const ramp = Math.min(progress, 1 - progress) / 0.2;
  const share = Math.min(Math.max(ramp, 0), 1);
  return share * share * (3 - 2 * share);
}

function mix(a: Place, b: Place, share: number): Place {
  const at = (i: 0 | 1 | 2): number => (1 - share) * a[i] + share * b[i];
  return [at(0), at(1), at(2)];
}
