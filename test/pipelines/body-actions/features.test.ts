import { describe, expect, it } from "vitest";

import {
  BODY_COLUMNS,
  BODY_ROWS,
  DepthBody,
} from "../../../pipelines/body-actions/features/DepthBody.ts";
import { SkeletonMotion } from "../../../pipelines/body-actions/features/SkeletonMotion.ts";
import { depthOf, jointsOf } from "../../../pipelines/body-actions/generate/figure.ts";
import { COURSES, REST } from "../../../pipelines/body-actions/generate/poses.ts";
import { ShapeError } from "../../../src/errors.ts";
import type { Cell } from "../../../src/frames/Frameset.ts";
import { micros, millis } from "../../../src/units.ts";

const period = millis(100);
const missing: Cell = { presence: "missing", reason: "gap" };
const BUILD = { size: 1, turn: 0, place: [0, 2.8] as const };

function cellOf(payload: Uint8Array): Cell {
  const [originTime, age, arrivalTime] = [micros(0), micros(0), micros(0)];
  return { presence: "real", payload, frames: 1, originTime, age, arrivalTime };
}
const skeleton = (joints: readonly (readonly number[])[]): Cell =>
  cellOf(new Uint8Array(Float32Array.from(joints.flat()).buffer));
const at = (row: number) => micros(row * period);

describe("SkeletonMotion", () => {
  const raised = COURSES["wave"]?.(0.5, 1) ?? REST;

  it("sees the same in a body of another size, place and distance", () => {
    const [near, far] = [new SkeletonMotion(period), new SkeletonMotion(period)];
    const other = { size: 0.8, turn: 0, place: [0.4, 3.3] as const };
    for (const [row, pose] of [REST, raised].entries()) {
      const a = near.push(skeleton(jointsOf(pose, BUILD)), at(row));
      const b = far.push(skeleton(jointsOf(pose, other)), at(row));
      for (const [i, value] of (a ?? []).entries()) expect(b?.[i]).toBeCloseTo(value, 4);
    }
  });

  it("tells what moved since the row before, and nothing after a missing one", () => {
    const features = new SkeletonMotion(period);
    const motion = (cell: Cell, row: number): number =>
      Math.max(...(features.push(cell, at(row))?.subarray(60) ?? []).map(Math.abs));
    expect(motion(skeleton(jointsOf(REST, BUILD)), 0)).toBe(0);
    expect(motion(skeleton(jointsOf(raised, BUILD)), 1)).toBeGreaterThan(1);
    expect(motion(skeleton(jointsOf(raised, BUILD)), 2)).toBe(0);
    expect(features.push(missing, at(3))).toBeUndefined();
    expect(motion(skeleton(jointsOf(REST, BUILD)), 4)).toBe(0);
  });

  it("is missing where the tracker gave no number, and refuses another skeleton", () => {
    const features = new SkeletonMotion(period);
    const lost = jointsOf(REST, BUILD).map((joint, i) => (i === 7 ? [Number.NaN, 0, 0] : joint));
    expect(features.push(skeleton(lost), at(0))).toBeUndefined();
    expect(() => features.push(cellOf(new Uint8Array(8)), at(0))).toThrow(ShapeError);
  });

  it("goes on from a snapshot as if nothing had been", () => {
    const whole = new SkeletonMotion(period);
    whole.push(skeleton(jointsOf(REST, BUILD)), at(0));
    const resumed = new SkeletonMotion(period);
    resumed.restore(structuredClone(whole.snapshot()));
    const next = skeleton(jointsOf(raised, BUILD));
    expect(resumed.push(next, at(1))).toEqual(whole.push(next, at(1)));
  });
});

describe("DepthBody", () => {
  const picture = (x: number, z: number): Cell =>
    cellOf(depthOf(jointsOf(REST, { size: 1, turn: 0, place: [x, z] })));

  it("follows the person: where it stands does not matter, what moves does", () => {
    const [left, right] = [new DepthBody(period), new DepthBody(period)];
    const a = left.push(picture(-0.3, 2.8), at(0));
    const b = right.push(picture(0.25, 2.8), at(0));
    const pixels = BODY_ROWS * BODY_COLUMNS;
    const covered = (features: Float32Array | undefined): number =>
      (features ?? new Float32Array(0))
        .subarray(pixels, 2 * pixels)
        .reduce((sum, share) => sum + share, 0);
    expect(covered(a)).toBeGreaterThan(20);
    expect(covered(b) / covered(a)).toBeCloseTo(1, 1);
    expect(a?.subarray(2 * pixels).every((value) => value === 0)).toBe(true);
    const arm = COURSES["boxing"]?.(0.55, 1) ?? REST;
    const moved = left.push(
      cellOf(depthOf(jointsOf(arm, { size: 1, turn: 0, place: [-0.3, 2.8] }))),
      at(1),
    );
    expect(moved?.subarray(2 * pixels).some((value) => Math.abs(value) > 0.2)).toBe(true);
  });

  it("is zero where nothing has a reading, and refuses another size", () => {
    const features = new DepthBody(period);
    expect(features.push(cellOf(new Uint8Array(4_800)), at(0))?.some((value) => value !== 0)).toBe(
      false,
    );
    expect(features.push(missing, at(1))).toBeUndefined();
    expect(() => features.push(cellOf(new Uint8Array(9)), at(2))).toThrow(ShapeError);
  });

  it("goes on from a snapshot as if nothing had been", () => {
    const whole = new DepthBody(period);
    whole.push(picture(0, 2.7), at(0));
    const resumed = new DepthBody(period);
    resumed.restore(structuredClone(whole.snapshot()));
    expect(resumed.push(picture(0.1, 2.8), at(1))).toEqual(whole.push(picture(0.1, 2.8), at(1)));
  });
});
