import { ConfigError } from "../../errors.ts";
import type { HostTensor } from "../../tensor/HostTensor.ts";
import { Rng } from "../../tensor/Rng.ts";
import { findComponents } from "./findComponents.ts";
import { minimumSpanningTree } from "./minimumSpanningTree.ts";
import { distinctPoints, type Edge, joinPoints } from "./Points.ts";
import { sampleDelaunayEdges } from "./sampleDelaunayEdges.ts";

/** How two sets are compared. */
export interface DcaOptions {
  /** [N, D] R, for GMC the joint's embeddings. */
  readonly reference: HostTensor<"float32">;
  /** [M, D] E, for GMC those of one modality. */
  readonly evaluated: HostTensor<"float32">;
  /** Rays per point; 1000 unless given. Tell it with the score. */
  readonly rays?: number;
  /** Seed of the rays; 0 unless given. */
  readonly seed?: number;
  /** 10 unless given, as published. */
  readonly minClusterSize?: number;
  /** See `findComponents`. */
  readonly allowSingleCluster?: boolean;
  /** A component is fundamental above these; 0 and 0 unless given, as GMC has them. */
  readonly thresholds?: { readonly consistency: number; readonly quality: number };
}

/** One component. */
export interface DcaComponent {
  /** Points of R in it. */
  readonly reference: number;
  /** Points of E in it. */
  readonly evaluated: number;
  readonly edges: number;
  /** Edges from R to E. */
  readonly mixedEdges: number;
  /** 1 − |r − e| / (r + e): 1 where both sets are equally there. */
  readonly consistency: number;
  /** Share of its edges that go from R to E; 0 without edges. */
  readonly quality: number;
  readonly isFundamental: boolean;
}

/** How E lies in R. */
export interface DcaReport {
  /** Share of E in fundamental components. */
  readonly precision: number;
  /** Share of R in fundamental components. */
  readonly recall: number;
  /** Share of the distilled graph's edges that go from R to E; near 0.5 for two even mixtures. */
  readonly quality: number;
  /** Harmonic mean of the three, 0 where one is 0. Near 0.75 for two samples of the same clusters. */
  readonly score: number;
  /** 1 − ||R| − |E|| / (|R| + |E|): says nothing where both are equally many. */
  readonly networkConsistency: number;
  /** By size; outliers are not among them. */
  readonly components: readonly DcaComponent[];
  /** Points outside every component; above a fifth of all the scores mean little. */
  readonly outliers: number;
  /** Points that count after exact duplicates in each set are taken out. */
  readonly points: { readonly reference: number; readonly evaluated: number };
  readonly edges: { readonly sampled: number; readonly distilled: number; readonly mixed: number };
  readonly rays: number;
}

/**
 * Delaunay component analysis: whether a set of embeddings lies where a reference lies.
 *
 * Components are found on the minimum spanning tree of both sets together, edges by ray sampling;
 * precision and recall therefore do not depend on the rays, only the quality does. O(N² · rays): some
 * hundreds of points per set, off the path of events.
 *
 * @throws {ShapeError} If the sets are not [N, D] of one D. @throws {ConfigError} If a set is empty or an
 *   option out of range.
 *
 * Poklukar et al. 2022b, sec. 3, arXiv:2202.06866; thresholds and score as in Poklukar et al. 2022,
 * arXiv:2202.03390. The components are those of the exact graph; the released tool takes them from the
 * sampled one.
 */
export function delaunayComponents(options: DcaOptions): DcaReport {
  const { rays = 1000, seed = 0, minClusterSize = 10, allowSingleCluster = false } = options;
  const { consistency: minConsistency, quality: minQuality } = options.thresholds ?? {
    consistency: 0,
    quality: 0,
  };
  const reference = distinctPoints(options.reference);
  const evaluated = distinctPoints(options.evaluated);
  if (reference.count === 0 || evaluated.count === 0)
    throw new ConfigError(
      "dca",
      `expected points in both sets, got ${reference.count} and ${evaluated.count}`,
    );
  const points = joinPoints(reference, evaluated);
  const isReference = (point: number): boolean => point < reference.count;
  const tree = minimumSpanningTree(points);
  const labels = findComponents(tree, points.count, {
    minClusterSize,
    allowSingleCluster,
  });
  const sampled = union(sampleDelaunayEdges(points, rays, Rng.fromSeed(seed)), tree);
  const distilled = sampled.filter(
    ({ from, to }) => labels[from] !== -1 && labels[from] === labels[to],
  );
  const isMixed = ({ from, to }: Edge): boolean => isReference(from) !== isReference(to);

  const components = Array.from({ length: 1 + labels.reduce((a, b) => Math.max(a, b), -1) })
    .map((_, label): DcaComponent => {
      let [r, e] = [0, 0];
      labels.forEach((own, point) => {
        if (own !== label) return;
        if (isReference(point)) r++;
        else e++;
      });
      const own = distilled.filter(({ from }) => labels[from] === label);
      const mixedEdges = own.filter(isMixed).length;
      const consistency = 1 - Math.abs(r - e) / (r + e);
      const quality = own.length === 0 ? 0 : mixedEdges / own.length;
      return {
        reference: r,
        evaluated: e,
        edges: own.length,
        mixedEdges,
        consistency,
        quality,
        isFundamental: consistency > minConsistency && quality > minQuality,
      };
    })
    .sort((a, b) => b.reference + b.evaluated - (a.reference + a.evaluated));

  const fundamental = components.filter(({ isFundamental }) => isFundamental);
  const sum = (of: (component: DcaComponent) => number): number =>
    fundamental.reduce((total, component) => total + of(component), 0);
  const mixed = distilled.filter(isMixed).length;
  const precision = sum(({ evaluated: e }) => e) / evaluated.count;
  const recall = sum(({ reference: r }) => r) / reference.count;
  const quality = distilled.length === 0 ? 0 : mixed / distilled.length;
  return {
    precision,
    recall,
    quality,
    score: harmonicMean([precision, recall, quality]),
    networkConsistency: 1 - Math.abs(reference.count - evaluated.count) / points.count,
    components,
    outliers: labels.filter((label) => label === -1).length,
    points: { reference: reference.count, evaluated: evaluated.count },
    edges: { sampled: sampled.length, distilled: distilled.length, mixed },
    rays,
  };
}

/** The tree's edges are Delaunay edges: those that no ray met are added, so no component falls apart. */
function union(edges: readonly Edge[], tree: readonly Edge[]): readonly Edge[] {
  const keys = new Set(edges.map(({ from, to }) => `${from} ${to}`));
  return [...edges, ...tree.filter(({ from, to }) => !keys.has(`${from} ${to}`))];
}

/** N / Σ 1/x; 0 where a number is 0. */
function harmonicMean(values: readonly number[]): number {
  if (values.some((value) => !(value > 0))) return 0;
  return values.length / values.reduce((sum, value) => sum + 1 / value, 0);
}
