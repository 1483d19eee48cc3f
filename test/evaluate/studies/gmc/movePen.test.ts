import { describe, expect, it } from "vitest";

import {
  drawHand,
  movePicture,
  moveTrajectory,
  type PlaneMap,
} from "../../../../src/evaluate/studies/gmc/digits/movePen.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

const STAY: PlaneMap = [1, 0, 0, 1];
/** Right becomes down. */
const QUARTER: PlaneMap = [0, -1, 1, 0];

/** An upright stroke, as trajectories are laid out: centred, its longer side 1. */
const upright = Float32Array.of(0.5, 0, 0.5, 0.5, 0.5, 1);

describe("moveTrajectory", () => {
  it("leaves a trajectory where it is if nothing turns it", () => {
    const target = new Float32Array(6);
    expect(moveTrajectory(upright, target, STAY)).toBeCloseTo(1, 6);
    expect(target).toEqual(upright);
  });

  it("turns a trajectory and lays it out as all are", () => {
    const target = new Float32Array(6);
    moveTrajectory(upright, target, QUARTER);
    expect([...target].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([
      1, 0.5, 0.5, 0.5, 0, 0.5,
    ]);
    const twice = moveTrajectory(upright, target, [2, 0, 0, 2]);
    expect(twice).toBeCloseTo(2, 6);
    expect(target).toEqual(upright);
  });
});

describe("movePicture", () => {
  const side = 9;
  const picture = new Float32Array(side * side);
  for (let row = 1; row < 8; row++) picture[row * side + 4] = 1;

  it("leaves a picture as it is if nothing turns it", () => {
    const target = new Float32Array(side * side);
    movePicture(picture, target, STAY);
    expect(target).toEqual(picture);
  });

  it("turns a picture the way its trajectory turns", () => {
    const target = new Float32Array(side * side);
    movePicture(picture, target, QUARTER);
    for (let column = 1; column < 8; column++) expect(target[4 * side + column]).toBeCloseTo(1, 5);
    expect(target[4]).toBeCloseTo(0, 5);
  });

  it("shrinks by as much as the trajectory had become longer", () => {
    const target = new Float32Array(side * side);
    movePicture(picture, target, [2, 0, 0, 2], 2);
    expect(target).toEqual(picture);
  });
});

describe("drawHand", () => {
  it("keeps areas, and turns by no more than people's hands do", () => {
    const rng = Rng.fromSeed(3);
    for (let i = 0; i < 50; i++) {
      const [xx, xy, yx, yy] = drawHand(rng);
      expect(xx * yy - xy * yx).toBeCloseTo(1, 5);
      expect(Math.abs(Math.atan2(yx, xx))).toBeLessThanOrEqual((10 * Math.PI) / 180 + 1e-6);
    }
  });
});
