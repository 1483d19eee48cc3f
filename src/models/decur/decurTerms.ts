import { ConfigError } from "../../errors.ts";

/** How many times each kind of term counts; 0 takes it out of the loss, and of the program. */
export interface TermWeights {
  /** L_m: the two views of one modality agree, over all K dimensions. */
  readonly intra: number;
  /** L_com: the modalities agree in the first K_c dimensions. */
  readonly common: number;
  /** L_uni: the modalities have nothing to do with each other in the rest. */
  readonly unique: number;
}

/** Which terms there are, and how much each counts. */
export interface TermOptions {
  /** K_c: how many of the K dimensions, counted from the first, are common; 0 … K. */
  readonly common: number;
  /** Which of the two published sums; `code` unless said otherwise. */
  readonly weighting?: "code" | "paper";
  /** 1 each unless said otherwise. */
  readonly terms?: Partial<TermWeights>;
  /** ω of a pair of modalities, by their names; 1 unless said otherwise. */
  readonly pairWeight?: (a: string, b: string) => number;
}

/** One correlation matrix of the loss. */
export interface Term {
  /** `intra.<m>`, `common.<a>-<b>` or `unique.<a>-<b>`. */
  readonly name: string;
  /** Index of the modality whose first view gives the rows of the matrix. */
  readonly a: number;
  /** Index of the other: the same one's second view where equal to `a`, else its first view. */
  readonly b: number;
  /** Dimensions from … to − 1. */
  readonly from: number;
  readonly to: number;
  /** What the diagonal should be. */
  readonly target: 0 | 1;
  /** Factor in the sum that is the loss, > 0. */
  readonly weight: number;
}

/**
 * The terms of the loss of M modalities in K dimensions; those of weight 0 are not there.
 *
 *     code:  L = ( Σ_m L_m + Σ_{a<b} ω_ab ½ (L_com + L_uni) ) / ( M + M(M−1)/2 )
 *     paper: L =   Σ_m L_m + Σ_{a<b} ω_ab   (L_com + L_uni)
 *
 * @throws {ConfigError} If no term is left, a name comes twice, or K_c is not an integer in 0 … K.
 *
 * Wang et al. 2024, eqs. 3–7, arXiv:2309.05300, and its released code; M > 2 is ours.
 */
export function decurTerms(
  names: readonly string[],
  K: number,
  { common, weighting = "code", terms, pairWeight = () => 1 }: TermOptions,
): readonly Term[] {
  if (!(Number.isInteger(common) && common >= 0 && common <= K))
    throw new ConfigError("decurTerms", `common must be an integer in 0 … ${K}, got ${common}`);
  if (new Set(names).size !== names.length)
    throw new ConfigError("decurTerms", `expected modalities of different names, got ${names}`);
  const M = names.length;
  const share = weighting === "code" ? 1 / (M + (M * (M - 1)) / 2) : 1;
  const half = weighting === "code" ? 0.5 : 1;
  const weights: TermWeights = { intra: 1, common: 1, unique: 1, ...terms };
  const all: Term[] = names.map((name, a) => ({
    name: `intra.${name}`,
    a,
    b: a,
    from: 0,
    to: K,
    target: 1,
    weight: weights.intra * share,
  }));
  for (const [a, left] of names.entries())
    for (const [b, right] of names.entries()) {
      if (b <= a) continue;
      const omega = half * share * pairWeight(left, right);
      const pair = `${left}-${right}`;
      const shared = { name: `common.${pair}`, from: 0, to: common, target: 1 } as const;
      const own = { name: `unique.${pair}`, from: common, to: K, target: 0 } as const;
      all.push({ ...shared, a, b, weight: omega * weights.common });
      all.push({ ...own, a, b, weight: omega * weights.unique });
    }
  const used = all.filter(({ weight, from, to }) => weight !== 0 && to > from);
  if (used.length === 0)
    throw new ConfigError("decurTerms", "expected a term of a weight other than 0, got none");
  return used;
}
