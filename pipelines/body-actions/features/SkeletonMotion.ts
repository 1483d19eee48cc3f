import {
  type Cell,
  ChannelTraces,
  type FeatureExtractor,
  type Micros,
  ShapeError,
} from "../../../src/index.ts";

const [JOINTS, COORDINATES] = [20, 60] as const;
/** Joints of the spine from the head down, whose distances do not change with the posture. */
const [HEAD, NECK, SPINE, HIP] = [0, 1, 2, 3] as const;
const [LEFT_HAND, RIGHT_HAND, LEFT_FOOT, RIGHT_FOOT] = [7, 11, 15, 19] as const;
/** What a person is shown of it: how high the head is, where the hands are, how high hip and feet are. */
export const SKELETON_TRACES: readonly number[] = [
  3 * HEAD + 1,
  ...[LEFT_HAND, RIGHT_HAND].flatMap((hand) => [3 * hand, 3 * hand + 1]),
  ...[HIP, LEFT_FOOT, RIGHT_FOOT].map((joint) => 3 * joint + 1),
];
/** What each of `SKELETON_TRACES` is. */
export const SKELETON_TRACE_NAMES: readonly string[] = [
  "head height",
  ...["left hand", "right hand"].flatMap((hand) => [`${hand} across`, `${hand} height`]),
  ...["hip", "left foot", "right foot"].map((joint) => `${joint} height`),
];
/** Share of a new row in the running size of the body: 1 s of rows at 10 Hz. */
const SIZE_SHARE = 0.1;
/** Share of a new row in the place that the hip is seen from: 2 s of rows. */
const PLACE_SHARE = 0.05;
/** Motion between rows is some twentieth of a limb: this brings it to the size of the postures. */
const MOTION = 5;
/** Metres. A spine shorter than this is a tracker's error, which is not to be blown up. */
const LEAST_SIZE = 0.2;

/**
 * Posture and motion apart, in units of the body's own size.
 *
 *     r ← r + 0.1 (|head − neck| + |neck − spine| + |spine − hip| − r),   c ← c + 0.05 (hip − c)
 *     posture: (joint − hip) / r, of the hip itself (hip − c) / r;   motion: 5 (joint_t − joint_{t−1}) / r
 *
 * People stand, turn and are built as they are; how limbs lie to the body and move is what they share.
 * After a missing row nothing has moved. One row is [2, 20, 3], flat: 120 numbers.
 */
export class SkeletonMotion implements FeatureExtractor {
  readonly size = 2 * COORDINATES;
  readonly #period: Micros;
  readonly #traces = new ChannelTraces({ channels: COORDINATES, shown: SKELETON_TRACES });
  #before: Float32Array | undefined;
  #beforeAt = Number.NaN;
  #bodySize = 0;
  #place = new Float32Array(3);

  /** @param period Time from one row to the next, in µs. */
  constructor(period: Micros) {
    this.#period = period;
  }

  /** The coordinates of `SKELETON_TRACES` as traces for people. */
  get view(): Uint8Array {
    return this.#traces.view;
  }

  /**
   * @inheritdoc
   * @throws {ShapeError} If the cell is not one frame of 20 joints.
   */
  push(cell: Cell, time: Micros): Float32Array | undefined {
    if (cell.presence === "missing") return undefined;
    if (cell.payload.byteLength !== 4 * COORDINATES)
      throw new ShapeError(
        "SkeletonMotion",
        `expected ${4 * COORDINATES} bytes, got ${cell.payload.byteLength}`,
      );
    const joints = new Float32Array(cell.payload.slice().buffer);
    this.#traces.push(joints, time);
    if (!joints.every(Number.isFinite)) return undefined;
    this.#follow(joints);
    const before = this.#beforeAt === time - this.#period ? this.#before : undefined;
    const features = new Float32Array(this.size);
    for (let joint = 0; joint < JOINTS; joint++)
      for (let axis = 0; axis < 3; axis++) {
        const i = 3 * joint + axis;
        const value = joints[i] ?? 0;
        const from = joint === HIP ? (this.#place[axis] ?? 0) : (joints[3 * HIP + axis] ?? 0);
        features[i] = (value - from) / this.#bodySize;
        features[COORDINATES + i] = (MOTION * (value - (before?.[i] ?? value))) / this.#bodySize;
      }
    this.#before = joints;
    this.#beforeAt = time;
    return features;
  }

  /** @inheritdoc */
  reset(): void {
    this.#traces.reset();
    this.#before = undefined;
    this.#beforeAt = Number.NaN;
    this.#bodySize = 0;
    this.#place = new Float32Array(3);
  }

  /** @inheritdoc */
  snapshot() {
    return {
      before: this.#before?.slice(),
      beforeAt: this.#beforeAt,
      bodySize: this.#bodySize,
      place: this.#place.slice(),
      traces: this.#traces.snapshot(),
    };
  }

  /** @inheritdoc */
  restore(snapshot: unknown): void {
    const known = snapshot as ReturnType<SkeletonMotion["snapshot"]>;
    this.#before = known.before;
    this.#beforeAt = known.beforeAt;
    this.#bodySize = known.bodySize;
    this.#place = known.place;
    this.#traces.restore(known.traces);
  }

  #follow(joints: Float32Array): void {
    const apart = (a: number, b: number): number =>
      Math.hypot(
        ...[0, 1, 2].map((axis) => (joints[3 * a + axis] ?? 0) - (joints[3 * b + axis] ?? 0)),
      );
    const spine = apart(HEAD, NECK) + apart(NECK, SPINE) + apart(SPINE, HIP);
    const now = Math.max(spine, LEAST_SIZE);
    const isFirst = this.#bodySize === 0;
    this.#bodySize = isFirst ? now : this.#bodySize + SIZE_SHARE * (now - this.#bodySize);
    for (let axis = 0; axis < 3; axis++) {
      const [hip, place] = [joints[3 * HIP + axis] ?? 0, this.#place[axis] ?? 0];
      this.#place[axis] = isFirst ? hip : place + PLACE_SHARE * (hip - place);
    }
  }
}
