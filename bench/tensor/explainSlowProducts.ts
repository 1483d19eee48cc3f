/**
 * Why a peer's matrix products are no measure of it: Debian's PyTorch takes any BLAS there is, and the reference
 * one is several times slower than the one everybody runs it with.
 *
 * @param maps What the process has loaded: Linux's `/proc/PID/maps`.
 * @returns One line; nothing if there is nothing against it.
 */
export function explainSlowProducts(maps: string): string | undefined {
  return /\/blas\/libblas\.so/.test(maps)
    ? "expected a fast BLAS, got the reference one; on Debian: apt-get install libopenblas0"
    : undefined;
}
