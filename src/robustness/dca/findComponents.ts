import { ConfigError } from "../../errors.ts";
import type { Edge } from "./Points.ts";

/** What counts as a component. */
export interface ComponentOptions {
  /** Points a component has at least; ≥ 2. */
  readonly minClusterSize: number;
  /**
   * Let all points together be one component. Default false, as published: a single blob is then cut
   * into fragments and outliers.
   */
  readonly allowSingleCluster?: boolean;
}

/** A cluster of the condensed tree while it is weighed. */
interface Cluster {
  readonly parent: number;
  readonly birth: number;
  stability: number;
  isSelected: boolean;
}

/** An inner node of the dendrogram: two nodes joined at a distance. */
interface Merge {
  readonly left: number;
  readonly right: number;
  readonly distance: number;
  readonly size: number;
}

/**
 * Density components of points from a spanning tree: HDBSCAN's condensed tree with excess-of-mass
 * selection, on raw distances.
 *
 * With λ = 1/distance, a cluster splits truly only where both sides have `minClusterSize` points;
 * otherwise the points of the small side leave it. Its stability is Σ over points of (λ at which the
 * point leaves − λ at its birth); it is kept where that is at least the sum of the best below it.
 *
 * @param tree Spanning tree of `count` points.
 * @returns [count] component of each point, 0, 1, …; −1 an outlier.
 * @throws {ConfigError} If `minClusterSize` < 2.
 *
 * Campello et al. 2013, sec. 4; McInnes, Healy 2017, arXiv:1705.07321; as Poklukar et al. 2022b use it.
 */
export function findComponents(
  tree: readonly Edge[],
  count: number,
  { minClusterSize, allowSingleCluster = false }: ComponentOptions,
): Int32Array {
  if (!(Number.isInteger(minClusterSize) && minClusterSize >= 2))
    throw new ConfigError("dca", `minClusterSize must be an integer >= 2, got ${minClusterSize}`);
  const labels = new Int32Array(count).fill(-1);
  if (count < 2) return labels;
  const { clusters, clusterOf } = condense(dendrogram(tree, count), count, minClusterSize);
  select(clusters, allowSingleCluster);

  const names = new Map<number, number>();
  for (let point = 0; point < count; point++) {
    let cluster = clusterOf[point] ?? 0;
    while (cluster >= 0 && clusters[cluster]?.isSelected !== true)
      cluster = clusters[cluster]?.parent ?? -1;
    if (cluster < 0) continue;
    if (!names.has(cluster)) names.set(cluster, names.size);
    labels[point] = names.get(cluster) ?? -1;
  }
  return labels;
}

/** Merges in order of distance; node `count + k` is merge k, nodes below are points. */
function dendrogram(tree: readonly Edge[], count: number): readonly Merge[] {
  const root = Int32Array.from({ length: 2 * count }, (_, i) => i);
  const find = (node: number): number => {
    let at = node;
    while (root[at] !== at) {
      root[at] = root[root[at] ?? at] ?? at;
      at = root[at] ?? at;
    }
    return at;
  };
  const merges: Merge[] = [];
  const sizeOf = (node: number): number => (node < count ? 1 : (merges[node - count]?.size ?? 0));
  for (const { from, to, length } of [...tree].sort((a, b) => a.length - b.length)) {
    const [left, right] = [find(from), find(to)];
    const node = count + merges.length;
    merges.push({ left, right, distance: length, size: sizeOf(left) + sizeOf(right) });
    root[left] = node;
    root[right] = node;
  }
  return merges;
}

/** Clusters from the root down, and the cluster that each point left. */
function condense(
  merges: readonly Merge[],
  count: number,
  minClusterSize: number,
): { readonly clusters: Cluster[]; readonly clusterOf: Int32Array } {
  // Equal points of the two sets lie at distance 0: as dense as the densest pair that is not equal.
  const shortest = merges.find(({ distance }) => distance > 0)?.distance ?? 1;
  const clusters: Cluster[] = [{ parent: -1, birth: 0, stability: 0, isSelected: true }];
  const clusterOf = new Int32Array(count);
  const sizeOf = (node: number): number => (node < count ? 1 : (merges[node - count]?.size ?? 0));
  const waiting: { readonly node: number; readonly cluster: number }[] = [
    { node: count + merges.length - 1, cluster: 0 },
  ];
  for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
    const merge = merges[item.node - count];
    const cluster = clusters[item.cluster];
    if (merge === undefined || cluster === undefined) continue;
    const lambda = 1 / Math.max(merge.distance, shortest);
    const sides = [merge.left, merge.right];
    const isSplit = sides.every((side) => sizeOf(side) >= minClusterSize);
    for (const side of sides) {
      const isLarge = sizeOf(side) >= minClusterSize;
      if (isSplit || !isLarge) cluster.stability += (lambda - cluster.birth) * sizeOf(side);
      if (isSplit) {
        waiting.push({ node: side, cluster: clusters.length });
        clusters.push({ parent: item.cluster, birth: lambda, stability: 0, isSelected: true });
      } else if (isLarge) waiting.push({ node: side, cluster: item.cluster });
      else for (const point of pointsBelow(side, merges, count)) clusterOf[point] = item.cluster;
    }
  }
  return { clusters, clusterOf };
}

function pointsBelow(node: number, merges: readonly Merge[], count: number): readonly number[] {
  const points: number[] = [];
  const open = [node];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const merge = merges[at - count];
    if (merge === undefined) points.push(at);
    else open.push(merge.left, merge.right);
  }
  return points;
}

/** Keeps a cluster, or the best below it; children come after their parents. */
function select(clusters: Cluster[], allowSingleCluster: boolean): void {
  const below = new Float64Array(clusters.length);
  for (let i = clusters.length - 1; i >= 0; i--) {
    const cluster = clusters[i];
    if (cluster === undefined) continue;
    const isRoot = i === 0;
    if ((isRoot && !allowSingleCluster) || (below[i] ?? 0) > cluster.stability) {
      cluster.isSelected = false;
      cluster.stability = below[i] ?? 0;
    }
    if (!isRoot) below[cluster.parent] = (below[cluster.parent] ?? 0) + cluster.stability;
  }
  for (const cluster of clusters) {
    // Below a kept cluster nothing else is kept; parents come first, so one pass is enough.
    let parent = cluster.parent;
    while (parent >= 0 && cluster.isSelected) {
      if (clusters[parent]?.isSelected === true) cluster.isSelected = false;
      parent = clusters[parent]?.parent ?? -1;
    }
  }
}
