import { ConfigError } from "../errors.ts";

export interface CharGramsOptions {
  /** Length of the vector. */
  readonly dimensions?: number;
  /** Shortest and longest run of characters counted. */
  readonly shortest?: number;
  readonly longest?: number;
}

/**
 * A text as the counts of its character n-grams, hashed with a sign into a short unit vector.
 *
 *     v[h(g) mod D] += σ(g)   for each n-gram g of n = 3..5,   v / ‖v‖
 *
 * Needs no vocabulary and meets no unknown word. The text is lower-cased, its white space is
 * collapsed, and two marks are put before and after it, so that a single letter has six n-grams of
 * its own. The sign keeps the expected dot product of unrelated texts at zero.
 *
 * @returns [dimensions] float of length 1; all zero for an empty text.
 * @throws {ConfigError} If a size is out of range.
 *
 * Signed hashing: Weinberger et al. 2009, eq. 2, arXiv:0902.2206; hash: FNV-1a, 32 bits.
 */
export function charGrams(text: string, options: CharGramsOptions = {}): Float32Array {
  const { dimensions = 64, shortest = 3, longest = 5 } = options;
  if (!(Number.isSafeInteger(dimensions) && dimensions >= 1))
    throw new ConfigError("charGrams", `dimensions must be >= 1, got ${dimensions}`);
  if (!(shortest >= 1 && longest >= shortest))
    throw new ConfigError(
      "charGrams",
      `expected 1 <= shortest <= longest, got ${shortest} and ${longest}`,
    );
  const vector = new Float32Array(dimensions);
  const words = text.normalize("NFC").toLowerCase().trim().replace(/\s+/g, " ");
  if (words === "") return vector;

  const characters = [...`\u0002\u0002${words}\u0003\u0003`];
  for (let length = shortest; length <= longest; length++)
    for (let start = 0; start + length <= characters.length; start++) {
      const hash = fnv1a(characters.slice(start, start + length).join(""));
      const index = hash % dimensions;
      // The top bit: `index` is made of the lower ones where `dimensions` is a power of two.
      vector[index] = (vector[index] ?? 0) + (hash >>> 31 === 0 ? 1 : -1);
    }
  const norm = Math.hypot(...vector);
  // Signs may cancel to nothing; a zero vector then is the honest answer.
  return norm === 0 ? vector : vector.map((value) => value / norm);
}

const ENCODER = new TextEncoder();

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of ENCODER.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
