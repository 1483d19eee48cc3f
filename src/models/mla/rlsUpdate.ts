/**
 * One step of recursive least squares: takes a direction out of a projector, in place.
 *
 *     q = P h / (α + hᵀ P h),    P ← P − q hᵀ P
 *
 * Beginning with the identity, P⁻¹ = I + (1/α) Σ h hᵀ; so P stays symmetric with eigenvalues in (0, 1],
 * and after updates with the columns of H it is I − H (αI + HᵀH)⁻¹ Hᵀ: sequence does not matter.
 *
 * In double precision: P shrinks over a long run by many small differences. The change is u uᵀ / d with
 * u = P h, which is symmetric to the last bit.
 *
 * @param projector [n, n] symmetric, row-major.
 * @param direction [n] h.
 * @param alpha α > 0.
 *
 * Zhang et al. 2024, eq. 3-5, arXiv:2311.10707, with P of the step before in q and a scalar denominator;
 * the released code divides by an outer product, which is not least squares.
 */
export function rlsUpdate(
  projector: Float64Array,
  direction: ArrayLike<number>,
  alpha: number,
): void {
  const n = direction.length;
  const image = new Float64Array(n); // u = P h
  let length = 0; // hᵀ P h
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += (projector[i * n + j] ?? 0) * (direction[j] ?? 0);
    image[i] = sum;
    length += sum * (direction[i] ?? 0);
  }
  // Rounding may leave a spent direction a hair below zero.
  const scale = 1 / (alpha + Math.max(length, 0));
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const at = i * n + j;
      projector[at] = (projector[at] ?? 0) - scale * ((image[i] ?? 0) * (image[j] ?? 0));
    }
}
