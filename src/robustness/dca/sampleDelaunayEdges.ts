import { ConfigError } from "../../errors.ts";
import type { Rng } from "../../tensor/Rng.ts";
import { type Edge, type Points, squaredDistance } from "./Points.ts";

/**
 * Edges of the Delaunay graph, found by shooting rays out of every point's Voronoi cell.
 *
 * A ray from p along u leaves the cell through the facet it shares with
 *
 *     argmin over z with ⟨u, z − p⟩ > 0 of ‖z − p‖² / (2 ⟨u, z − p⟩)
 *
 * All points share one set of directions, each shot both ways: the products with them are then
 * computed once, and a ray costs O(1) per pair of points. Facets that no ray meets are missed, so the
 * number of edges grows with `rays`: tell it with the score. Well defined for points on a sphere, where
 * an exact triangulation is degenerate.
 *
 * @param rays Rays per point, even; 1000 finds all edges of some dozens of points in the plane.
 * @returns Every edge once, in order of `from` and `to`.
 * @throws {ConfigError} If `rays` is not a positive even number.
 *
 * Poklukar et al. 2022b, sec. 3, arXiv:2202.06866.
 */
export function sampleDelaunayEdges(points: Points, rays: number, rng: Rng): readonly Edge[] {
  if (!(Number.isInteger(rays) && rays > 0 && rays % 2 === 0))
    throw new ConfigError("dca", `rays must be a positive even number, got ${rays}`);
  const { count } = points;
  const directions = rays / 2;
  const along = projections(points, directions, rng);
  const forward = new Float64Array(directions);
  const backward = new Float64Array(directions);
  const forwardHit = new Int32Array(directions);
  const backwardHit = new Int32Array(directions);
  const found = new Set<number>();
  for (let i = 0; i < count; i++) {
    forward.fill(Number.POSITIVE_INFINITY);
    backward.fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < count; j++) {
      if (j === i) continue;
      const squared = squaredDistance(points, i, j);
      for (let t = 0; t < directions; t++) {
        const gap = (along[j * directions + t] ?? 0) - (along[i * directions + t] ?? 0);
        if (gap > 0) {
          const exit = squared / gap;
          if (exit < (forward[t] ?? 0)) {
            forward[t] = exit;
            forwardHit[t] = j;
          }
        } else if (gap < 0) {
          const exit = -squared / gap;
          if (exit < (backward[t] ?? 0)) {
            backward[t] = exit;
            backwardHit[t] = j;
          }
        }
      }
    }
    // A ray without a hit leaves an unbounded cell.
    for (let t = 0; t < directions; t++) {
      if (forward[t] !== Number.POSITIVE_INFINITY) found.add(keyOf(i, forwardHit[t] ?? 0, count));
      if (backward[t] !== Number.POSITIVE_INFINITY) found.add(keyOf(i, backwardHit[t] ?? 0, count));
    }
  }
  return [...found]
    .sort((a, b) => a - b)
    .map((key) => {
      const [from, to] = [Math.floor(key / count), key % count];
      return { from, to, length: Math.sqrt(squaredDistance(points, from, to)) };
    });
}

/** [count, directions] ⟨u_t, x_i⟩ for random unit vectors u. */
function projections(points: Points, directions: number, rng: Rng): Float64Array {
  const { count, dimensions, data } = points;
  const out = new Float64Array(count * directions);
  for (let t = 0; t < directions; t++) {
    const u = Float64Array.from({ length: dimensions }, () => rng.normal());
    const norm = Math.hypot(...u);
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let k = 0; k < dimensions; k++) sum += (u[k] ?? 0) * (data[i * dimensions + k] ?? 0);
      out[i * directions + t] = sum / norm;
    }
  }
  return out;
}

function keyOf(a: number, b: number, count: number): number {
  return Math.min(a, b) * count + Math.max(a, b);
}
