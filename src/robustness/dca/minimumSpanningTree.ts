import { type Edge, type Points, squaredDistance } from "./Points.ts";

/**
 * The Euclidean minimum spanning tree: count − 1 edges, by Prim's algorithm in O(N² D) without a heap.
 *
 * It is a subgraph of the Delaunay graph, so components found on it are those of the exact graph.
 */
export function minimumSpanningTree(points: Points): readonly Edge[] {
  const { count } = points;
  const nearest = new Int32Array(count);
  const distance = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const inside = new Uint8Array(count);
  const edges: Edge[] = [];
  let last = 0;
  for (let step = 1; step < count; step++) {
    inside[last] = 1;
    let next = -1;
    let shortest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      if (inside[i] === 1) continue;
      const toLast = squaredDistance(points, last, i);
      if (toLast < (distance[i] ?? 0)) {
        distance[i] = toLast;
        nearest[i] = last;
      }
      if ((distance[i] ?? 0) < shortest) {
        shortest = distance[i] ?? 0;
        next = i;
      }
    }
    const other = nearest[next] ?? 0;
    edges.push({
      from: Math.min(next, other),
      to: Math.max(next, other),
      length: Math.sqrt(shortest),
    });
    last = next;
  }
  return edges;
}
