import { ConfigError, ShapeError } from "../../errors.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { correlationTerm } from "./correlationTerm.ts";
import { decurTerms, type Term, type TermOptions } from "./decurTerms.ts";
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

/** Options of `decurLoss`. */
export interface DecurLossOptions extends TermOptions {
  /** λ; 0.0051 unless said otherwise, not rescaled with K anywhere in the published runs. */
  readonly lambda?: number;
  /** ε of the standardisation; 1e-5 unless said otherwise. */
  readonly epsilon?: number;
  /** With presence: a term of fewer rows is left out; 32 unless said otherwise. */
  readonly minimumRows?: number;
}

/** The loss, and what it is made of. */
export interface DecurLoss {
  /** [] ≥ 0 */
  readonly loss: Tensor;
  /** [] each, unweighted, by the names of `decurTerms`. */
  readonly terms: Readonly<Record<string, Tensor>>;
}

/**
 * Common and unique dimensions of M modalities.
 *
 * Of the K embedding dimensions the first K_c are common, the rest unique. With ẑ the columns
 * standardised over the batch, C^{AB} = ẑᴬᵀẑᴮ/B, and one dash for the first view:
 *
 *     L_m   = BT_1( C^{m′m″} )                       all K × K, the two views of one modality
 *     L_com = BT_1( C^{a′b′}[0:K_c, 0:K_c] )
 *     L_uni = BT_0( C^{a′b′}[K_c:K, K_c:K] )
 *
 * and their sum as `decurTerms` weighs it. `code` is the default because the released weights come
 * from it; it counts the cross terms half. The two rectangles between common and unique dimensions
 * carry no penalty. For M = 2 this is the published loss; for more, every pair shares the same common
 * dimensions, which then means common to all, and exactly 0 needs B ≥ K_c + M·(K − K_c) + 1.
 *
 * With presence every term takes its statistics from the rows that have all of its modalities, and
 * drops out with fewer than `minimumRows` of them: an absent modality moves nothing else.
 *
 * @throws {ShapeError} If the embeddings are not all of one shape [B, K].
 * @throws {ConfigError} As `decurTerms`, or if there is no modality, or λ or ε is negative.
 *
 * Wang et al. 2024, eqs. 3–7, arXiv:2309.05300; more than two modalities and presence are ours.
 */
export function decurLoss(
  modalities: readonly EmbeddedViews[],
  options: DecurLossOptions,
): DecurLoss {
  const { lambda = 0.0051, epsilon = 1e-5, minimumRows = 32 } = options;
  const [, K] = checkViews("decurLoss", modalities, { lambda, epsilon });
  const values: Record<string, Tensor> = {};
  const weighted = decurTerms(namesOf(modalities), K, options).map((term) => {
    const { left, right, present } = operandsOf(term, modalities);
    const standard = (z: Tensor): Tensor =>
      columnsOf(
        standardizeColumns(z, { epsilon, ...(present !== undefined && { present }) }).value,
        term,
      );
    const { target } = term;
    const matrix = correlation(standard(left), standard(right), present); // [to − from, to − from]
    const value = gate(correlationTerm(matrix, { target, lambda }), present, minimumRows);
    values[term.name] = value;
    return tf.mul(value, term.weight);
  });
  return { loss: weighted.reduce((sum, term) => tf.add(sum, term)), terms: values };
}

/**
 * Refuses views of unequal shape and negative options.
 *
 * @returns [B, K]
 */
export function checkViews(
  where: string,
  modalities: readonly EmbeddedViews[],
  numbers: Readonly<Record<string, number>>,
): readonly [B: number, K: number] {
  if (modalities.length === 0)
    throw new ConfigError(where, "expected at least one modality, got none");
  for (const [name, value] of Object.entries(numbers))
    if (!(value >= 0)) throw new ConfigError(where, `${name} must be >= 0, got ${value}`);
  const [B = 0, K = 0] = modalities[0]?.first.shape ?? [];
  for (const { name, first, second } of modalities)
    for (const view of [first, second])
      if (view.rank !== 2 || view.shape[0] !== B || view.shape[1] !== K)
        throw new ShapeError(
          where,
          `expected every view to be [${B}, ${K}], got [${view.shape}] for ${name}`,
        );
  return [B, K];
}

/** The modalities' names in their order. */
export function namesOf(modalities: readonly EmbeddedViews[]): readonly string[] {
  return modalities.map(({ name }) => name);
}

/** The two views that a term correlates, all K dimensions, and the rows that have both. */
export function operandsOf(
  { a, b }: Term,
  modalities: readonly EmbeddedViews[],
): { readonly left: Tensor; readonly right: Tensor; readonly present: Tensor | undefined } {
  const [own, other] = [modalities[a], modalities[b]];
  if (own === undefined || other === undefined)
    throw new ConfigError("decurLoss", `expected modalities ${a} and ${b}`);
  const right = a === b ? own.second : other.first;
  if (a === b || other.present === undefined)
    return { left: own.first, right, present: own.present };
  if (own.present === undefined) return { left: own.first, right, present: other.present };
  return { left: own.first, right, present: tf.mul(own.present, other.present) };
}

/** The dimensions of a term. */
export function columnsOf(z: Tensor, { from, to }: Term): Tensor {
  const [rows = 0, all = 0] = z.shape;
  return from === 0 && to === all ? z : tf.slice(z, [0, from], [rows, to - from]);
}

/** aᵀb over the number of rows that count; rows that do not are 0 in both. */
export function correlation(a: Tensor, b: Tensor, present: Tensor | undefined): Tensor {
  const rows = present === undefined ? (a.shape[0] ?? 1) : tf.maximum(tf.sum(present), 1);
  return tf.div(tf.matMul(a, b, true, false), rows);
}

function gate(term: Tensor, present: Tensor | undefined, minimumRows: number): Tensor {
  if (present === undefined) return term;
  return tf.mul(term, tf.cast(tf.greaterEqual(tf.sum(present), minimumRows), "float32"));
}
