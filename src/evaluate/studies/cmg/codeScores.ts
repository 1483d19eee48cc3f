import { ConfigError } from "../../../errors.ts";

/** Share of a code's hits above which it belongs to one modality. */
const OWNED = 0.8;

/** How several modalities use one codebook. */
export interface CodeScores {
  /** Share of the codes in use that no modality owns by more than 80 % of its hits. */
  readonly shared: number;
  /** Share of synchronised frames on which two modalities choose one code, mean over the pairs. */
  readonly agreement: number;
  /** e^H of all codes chosen, modalities together. */
  readonly perplexity: number;
  /** Share of the codebook that nothing falls on. */
  readonly dead: number;
}

/**
 * Scores the codes of synchronised frames. Hits are normalised per modality.
 *
 * @param index Per modality [frames] the code chosen, frame by frame in the same order.
 * @param size Codes in the codebook.
 * @throws {ConfigError} If there are fewer than two modalities or their lengths differ.
 *
 * Ownership by 80 %: Xia et al. 2023, fig. 4.
 */
export function codeScores(index: readonly Int32Array[], size: number): CodeScores {
  const frames = index[0]?.length ?? 0;
  if (index.length < 2 || index.some(({ length }) => length !== frames))
    throw new ConfigError(
      "codeScores",
      `expected two modalities or more of ${frames} frames, got ${index.map(({ length }) => length)}`,
    );
  const hits = index.map((codes) => {
    const counts = new Float64Array(size);
    for (const code of codes) counts[code] = (counts[code] ?? 0) + 1 / frames;
    return counts;
  });
  let [used, shared, entropy] = [0, 0, 0];
  for (let code = 0; code < size; code++) {
    const each = hits.map((counts) => counts[code] ?? 0);
    const all = each.reduce((sum, hit) => sum + hit, 0);
    if (all === 0) continue;
    used++;
    if (Math.max(...each) <= OWNED * all) shared++;
    const share = all / index.length;
    entropy -= share * Math.log(share);
  }
  const pairs = index.flatMap((a, at) => index.slice(at + 1).map((b) => [a, b] as const));
  const agreements = pairs.map(([a, b]) => a.filter((code, at) => code === b[at]).length / frames);
  return {
    shared: shared / Math.max(used, 1),
    agreement: agreements.reduce((sum, value) => sum + value, 0) / agreements.length,
    perplexity: Math.exp(entropy),
    dead: 1 - used / size,
  };
}
