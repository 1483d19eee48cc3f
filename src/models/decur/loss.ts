import { ConfigError, ShapeError } from "../../errors.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { correlationTerm } from "./correlationTerm.ts";
import { standardizeColumns } from "./standardizeColumns.ts";

/** Two views of one modality, embedded: [B, K] each. Row b is the same moment in every modality. */
export interface EmbeddedViews {
  readonly name: string;
  /** The view that also meets the other modalities. */
  readonly first: Tensor;
  readonly second: Tensor;
  /** [B] 1 where the moment has this modality; all rows unless given. */
  readonly present?: Tensor;
}

/** How many times each kind of term counts; 0 takes it out of the loss, and of the program. */
export interface TermWeights {
  /** L_m: the two views of one modality agree, over all K dimensions. */
  readonly intra: number;
  /** L_com: the modalities agree in the first K_c dimensions. */
  readonly common: number;
  /** L_uni: the modalities have nothing to do with each other in the rest. */
  readonly unique: number;
}

/** Options of `decurLoss`. */
export interface DecurLossOptions {
  /** K_c: how many of the K dimensions, counted from the first, are common; 0 … K. */
  readonly common: number;
  /** λ; 0.0051 unless said otherwise, not rescaled with K anywhere in the published runs. */
  readonly lambda?: number;
  /** ε of the standardisation; 1e-5 unless said otherwise. */
  readonly epsilon?: number;
  /** Which of the two published sums; `code` unless said otherwise. */
  readonly weighting?: "code" | "paper";
  /** 1 each unless said otherwise. */
  readonly terms?: Partial<TermWeights>;
  /** ω of a pair of modalities, by their names; 1 unless said otherwise. */
  readonly pairWeight?: (a: string, b: string) => number;
  /** With presence: a term of fewer rows is left out; 32 unless said otherwise. */
  readonly minimumRows?: number;
}

/** The loss, and what it is made of. */
export interface DecurLoss {
  /** [] ≥ 0 */
  readonly loss: Tensor;
  /** [] each, unweighted: `intra/<m>`, `common/<a>-<b>`, `unique/<a>-<b>`; terms of weight 0 are absent. */
  readonly terms: Readonly<Record<string, Tensor>>;
}

/**
 * Common and unique dimensions of M modalities.
 *
 * Of the K embedding dimensions the first K_c are common, the rest unique. With ẑ the columns
 * standardised over the batch and C^{AB} = ẑᴬᵀẑᴮ/B, from first views across modalities:
 *
 *     L_m   = BT_1( C^{m′m″} )                       all K × K, the two views of one modality
 *     L_com = BT_1( C^{a′b′}[0:K_c, 0:K_c] )
 *     L_uni = BT_0( C^{a′b′}[K_c:K, K_c:K] )
 *     code:  L = ( Σ_m L_m + Σ_{a<b} ω_ab ½ (L_com + L_uni) ) / ( M + M(M−1)/2 )
 *     paper: L =   Σ_m L_m + Σ_{a<b} ω_ab   (L_com + L_uni)
 *
 * `code` is the default because the released weights come from it; it counts the cross terms half.
 * The two rectangles between common and unique dimensions carry no penalty. For M = 2 this is the
 * published loss; for more, every pair shares the same common dimensions, which then means common to
 * all, and exactly 0 needs B ≥ K_c + M·(K − K_c) + 1.
 *
 * With presence every term takes its statistics from the rows that have all of its modalities, and
 * drops out with fewer than `minimumRows` of them: an absent modality moves nothing else.
 *
 * @throws {ShapeError} If the embeddings are not all of one shape [B, K].
 * @throws {ConfigError} If there is no modality, K_c is not in 0 … K, or λ or ε is negative.
 *
 * Wang et al. 2024, eqs. 3–7, arXiv:2309.05300; more than two modalities and presence are ours.
 */
export function decurLoss(
  modalities: readonly EmbeddedViews[],
  options: DecurLossOptions,
): DecurLoss {
  const { common, lambda = 0.0051, weighting = "code", pairWeight = () => 1 } = options;
  const weights: TermWeights = { intra: 1, common: 1, unique: 1, ...options.terms };
  const K = checkedSize(modalities, options);
  const terms: Record<string, Tensor> = {};
  const weighted: Tensor[] = [];
  const count = (name: string, weight: number, term: () => Tensor): void => {
    if (weight === 0) return;
    const value = term();
    terms[name] = value;
    weighted.push(weight === 1 ? value : tf.mul(value, weight));
  };

  const first = modalities.map((views) => normalizer(views, views.first, options));
  for (const [at, views] of modalities.entries())
    count(`intra/${views.name}`, weights.intra, () => {
      const rows = views.present;
      const a = first[at]?.(rows) ?? views.first;
      const b = normalizer(views, views.second, options)(rows);
      return gated(correlationTerm(correlation(a, b, rows), { target: 1, lambda }), rows, options);
    });

  const half = weighting === "code" ? 0.5 : 1;
  for (const [i, a] of modalities.entries())
    for (const [j, b] of modalities.entries()) {
      if (j <= i) continue;
      const rows = both(a.present, b.present);
      const omega = half * pairWeight(a.name, b.name);
      const block = (from: number, to: number, target: 0 | 1) => (): Tensor => {
        const [left, right] = [first[i]?.(rows) ?? a.first, first[j]?.(rows) ?? b.first];
        const matrix = correlation(columns(left, from, to), columns(right, from, to), rows);
        return gated(correlationTerm(matrix, { target, lambda }), rows, options);
      };
      const pair = `${a.name}-${b.name}`;
      if (common > 0) count(`common/${pair}`, omega * weights.common, block(0, common, 1));
      if (common < K) count(`unique/${pair}`, omega * weights.unique, block(common, K, 0));
    }
  if (weighted.length === 0)
    throw new ConfigError("decurLoss", "expected a term of a weight other than 0, got none");
  const total = weighted.reduce((sum, term) => tf.add(sum, term));
  const M = modalities.length;
  return { loss: weighting === "code" ? tf.div(total, M + (M * (M - 1)) / 2) : total, terms };
}

function checkedSize(
  modalities: readonly EmbeddedViews[],
  { common, lambda = 0, epsilon = 0 }: DecurLossOptions,
): number {
  const [B = 0, K = 0] = modalities[0]?.first.shape ?? [];
  if (modalities.length === 0)
    throw new ConfigError("decurLoss", "expected at least one modality, got none");
  for (const { name, first, second } of modalities)
    for (const view of [first, second])
      if (view.rank !== 2 || view.shape[0] !== B || view.shape[1] !== K)
        throw new ShapeError(
          "decurLoss",
          `expected every view to be [${B}, ${K}], got [${view.shape}] for ${name}`,
        );
  if (!(Number.isInteger(common) && common >= 0 && common <= K))
    throw new ConfigError("decurLoss", `common must be an integer in 0 … ${K}, got ${common}`);
  if (!(lambda >= 0 && epsilon >= 0))
    throw new ConfigError(
      "decurLoss",
      `lambda and epsilon must be >= 0, got ${lambda} and ${epsilon}`,
    );
  return K;
}

/** Standardises one view over given rows, once for each set of rows. */
function normalizer(
  { present }: EmbeddedViews,
  view: Tensor,
  { epsilon = 1e-5 }: DecurLossOptions,
): (rows: Tensor | undefined) => Tensor {
  let own: Tensor | undefined;
  return (rows) => {
    if (rows !== present)
      return standardizeColumns(view, { epsilon, ...(rows !== undefined && { present: rows }) })
        .value;
    own ??= standardizeColumns(view, {
      epsilon,
      ...(rows !== undefined && { present: rows }),
    }).value;
    return own;
  };
}

/** ẑᴬᵀẑᴮ over the number of rows. */
function correlation(a: Tensor, b: Tensor, present: Tensor | undefined): Tensor {
  const rows = present === undefined ? (a.shape[0] ?? 1) : tf.maximum(tf.sum(present), 1);
  return tf.div(tf.matMul(a, b, true, false), rows); // [K, K]
}

function columns(z: Tensor, from: number, to: number): Tensor {
  const [rows = 0, all = 0] = z.shape;
  return from === 0 && to === all ? z : tf.slice(z, [0, from], [rows, to - from]);
}

function both(a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined {
  if (a === undefined || a === b) return b ?? a;
  return b === undefined ? a : tf.mul(a, b);
}

function gated(
  term: Tensor,
  present: Tensor | undefined,
  { minimumRows = 32 }: DecurLossOptions,
): Tensor {
  if (present === undefined) return term;
  return tf.mul(term, tf.cast(tf.greaterEqual(tf.sum(present), minimumRows), "float32"));
}
