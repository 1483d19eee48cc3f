/** What a snapshot holds. */
export interface CodebookSnapshotParts {
  /** 1 for the first that was published. */
  readonly version: number;
  readonly dim: number;
  /** [L · D] */
  readonly codes: Float64Array;
  /** [L] N when it was published. */
  readonly counts: Float64Array;
  /** [L] how often each code was put elsewhere: index and generation name a meaning. */
  readonly generations: Int32Array;
}

/**
 * A published codebook: immutable, with a version that every emitted code carries.
 *
 * The codebook behind it goes on learning; what was emitted under an old version still decodes with it.
 */
export class CodebookSnapshot {
  readonly version: number;
  readonly dim: number;
  readonly codes: Float64Array;
  readonly counts: Float64Array;
  readonly generations: Int32Array;

  constructor({ version, dim, codes, counts, generations }: CodebookSnapshotParts) {
    this.version = version;
    this.dim = dim;
    this.codes = codes;
    this.counts = counts;
    this.generations = generations;
  }

  /** Index of the nearest code, its distance, and by how much the next one is farther. */
  nearest(z: ArrayLike<number>): {
    readonly index: number;
    readonly distance: number;
    readonly margin: number;
  } {
    let [index, least, second] = [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let k = 0; k < this.counts.length; k++) {
      let square = 0;
      for (let d = 0; d < this.dim; d++)
        square += ((z[d] ?? 0) - (this.codes[k * this.dim + d] ?? 0)) ** 2;
      if (square < least) [index, least, second] = [k, square, least];
      else if (square < second) second = square;
    }
    return { index, distance: Math.sqrt(least), margin: Math.sqrt(second) - Math.sqrt(least) };
  }

  /** [D] the vector of a code, a copy. */
  vector(index: number): Float64Array {
    return this.codes.slice(index * this.dim, (index + 1) * this.dim);
  }
}
