import { ConfigError, ShapeError } from "../../errors.ts";
import { CodebookSnapshot } from "./CodebookSnapshot.ts";

/** How a live codebook moves. */
export interface LiveCodebookOptions {
  /** Time constant of the averages in µs: after so long an old vector counts 1/e. */
  readonly tau: number;
  /** Period of the frames in µs; one frame has weight 1 − exp(−hop / tau). */
  readonly hop: number;
  /** A code whose N is below this keeps its place. In shares of frames: N sums to the modalities' number. */
  readonly minCount?: number;
  /** Largest way a code may go in one update; unlimited unless given. */
  readonly maxStep?: number;
  /** Frames farther from their code than this do not move it; they are counted as `novel`. */
  readonly maxDistance?: number;
  /** How many modalities share it, at least 2. Default 2. */
  readonly modalities?: number;
}

/** All that a live codebook knows: what it takes to go on. */
export interface LiveCodebookState {
  readonly codes: Float64Array;
  readonly counts: Float64Array;
  readonly sums: Float64Array;
  readonly touched: Float64Array;
  readonly chosen: Float64Array;
  readonly generations: Int32Array;
  readonly version: number;
  readonly novel: number;
  readonly unpaired: number;
}

/** One modality's part of a moment. */
export interface LiveVector {
  /** [D] the semantic vector. */
  readonly z: Float64Array | Float32Array;
  /** [D] what it is averaged with; the mean of the other vectors of the same moment unless given. */
  readonly partner?: Float64Array | Float32Array;
}

/**
 * A codebook that goes on learning from a stream of moments, each of two modalities or more.
 *
 * MM-EMA in its simultaneous form with lazy decay: N and o of a code fade together, so a code that
 * nothing falls on needs no work and does not move.
 *
 *     g = exp(−(now − touched) / τ),   w = 1 − exp(−hop / τ)
 *     N ← g N + w n,   o ← g o + w Σ (z + r)/2,   e = o / N
 *
 * Key behaviours: only synchronised moments teach, with two modalities present at least (one alone would
 * split the codebook); which of two
 * modalities is named first does not matter to the last bit; resets and averages change the shadow only, until
 * `publish` gives out an immutable snapshot with a version; a code that is reset gets a new generation.
 *
 * Xia et al. 2023 (CMG), eq. 7; the online form is ours.
 */
export class LiveCodebook {
  readonly size: number;
  readonly dim: number;
  readonly #options: LiveCodebookOptions;
  readonly #modalities: number;
  readonly #codes: Float64Array;
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  /** When N and o of a code were last brought up to date, µs. */
  readonly #touched: Float64Array;
  /** [modalities · L] when each modality last chose a code, µs. */
  readonly #chosen: Float64Array;
  readonly #generations: Int32Array;
  #version = 0;
  #novel = 0;
  #unpaired = 0;

  /**
   * @param codes [L · D] where it starts, for example a trained codebook.
   * @param counts [L] N at the start; 2 / L each unless given.
   * @throws {ConfigError} If `tau` or `hop` is not positive, or the codes are no whole number of rows.
   */
  constructor(
    codes: ArrayLike<number>,
    dim: number,
    options: LiveCodebookOptions,
    counts?: ArrayLike<number>,
  ) {
    if (!(options.tau > 0 && options.hop > 0))
      throw new ConfigError(
        "LiveCodebook",
        `tau and hop must be > 0 us, got ${options.tau} and ${options.hop}`,
      );
    this.size = codes.length / dim;
    if (!Number.isInteger(this.size) || this.size === 0)
      throw new ConfigError("LiveCodebook", `expected rows of ${dim}, got ${codes.length} numbers`);
    this.dim = dim;
    this.#options = options;
    this.#codes = Float64Array.from(codes);
    this.#counts = Float64Array.from({ length: this.size }, (_, k) => counts?.[k] ?? 2 / this.size);
    this.#sums = this.#codes.map((value, i) => value * (this.#counts[Math.floor(i / dim)] ?? 0));
    this.#touched = new Float64Array(this.size);
    const { modalities = 2 } = options;
    if (!(Number.isSafeInteger(modalities) && modalities >= 2))
      throw new ConfigError("LiveCodebook", `modalities must be >= 2, got ${modalities}`);
    this.#modalities = modalities;
    this.#chosen = new Float64Array(modalities * this.size);
    this.#generations = new Int32Array(this.size);
  }

  /** Moments at which a frame was too far from every code to teach. */
  get novel(): number {
    return this.#novel;
  }

  /** Moments that taught nothing because a modality was missing. */
  get unpaired(): number {
    return this.#unpaired;
  }

  /** Index of the nearest code of the shadow, and the distance. */
  nearest(z: ArrayLike<number>): { readonly index: number; readonly distance: number } {
    let [index, least] = [0, Number.POSITIVE_INFINITY];
    for (let k = 0; k < this.size; k++) {
      let distance = 0;
      for (let d = 0; d < this.dim; d++)
        distance += ((z[d] ?? 0) - (this.#codes[k * this.dim + d] ?? 0)) ** 2;
      if (distance < least) [index, least] = [k, distance];
    }
    return { index, distance: Math.sqrt(least) };
  }

  /**
   * One moment.
   *
   * @param now µs, never before the moment before.
   * @param moment All modalities in fixed places; absent where one is silent.
   * @returns Index of the code of each modality by the codebook before the update, −1 where absent.
   * @throws {ShapeError} If a vector has another length than D, or there are more or fewer modalities.
   */
  update(now: number, moment: readonly (LiveVector | undefined)[]): readonly number[] {
    if (moment.length !== this.#modalities)
      throw new ShapeError(
        "LiveCodebook",
        `expected ${this.#modalities} modalities, got ${moment.length}`,
      );
    for (const side of moment)
      if (side !== undefined && side.z.length !== this.dim)
        throw new ShapeError("LiveCodebook", `expected ${this.dim} numbers, got ${side.z.length}`);
    const found = moment.map((side) => (side === undefined ? undefined : this.nearest(side.z)));
    const codes = found.map((each) => each?.index ?? -1);
    if (moment.filter((side) => side !== undefined).length < 2) {
      this.#unpaired++;
      return codes;
    }
    const { maxDistance = Number.POSITIVE_INFINITY } = this.#options;
    if (found.some((each) => (each?.distance ?? 0) > maxDistance)) {
      this.#novel++;
      return codes;
    }
    const pulls = new Map<number, Float64Array[]>();
    for (const [modality, side] of moment.entries()) {
      const code = codes[modality] ?? -1;
      if (side === undefined) continue;
      this.#chosen[modality * this.size + code] = now;
      const others = moment.filter((_, other) => other !== modality);
      const pull = midpoint(
        side,
        others.filter((other) => other !== undefined),
      );
      pulls.set(code, [...(pulls.get(code) ?? []), pull]);
    }
    for (const [code, own] of pulls) this.#pull(code, own, now);
    return codes;
  }

  /**
   * Puts a code that a modality has not chosen for `after` µs beside the busiest one, sharing its weight.
   *
   * @param offset [D] numbers added to the parent's place.
   * @returns The indices reset; each has a new generation.
   */
  resetIdle(now: number, after: number, offset: ArrayLike<number>): readonly number[] {
    const lastChosen = (k: number): number => {
      let least = Number.POSITIVE_INFINITY;
      for (let modality = 0; modality < this.#modalities; modality++)
        least = Math.min(least, this.#chosen[modality * this.size + k] ?? 0);
      return least;
    };
    const idle = Array.from({ length: this.size }, (_, k) => k).filter(
      (k) => now - lastChosen(k) > after,
    );
    if (idle.length === this.size) return [];
    for (const k of idle) {
      const parent = this.#busiest(idle, now);
      this.#fade(parent, now);
      const half = (this.#counts[parent] ?? 0) / 2;
      this.#counts[parent] = half;
      this.#counts[k] = half;
      this.#touched[k] = now;
      for (let d = 0; d < this.dim; d++) {
        const [from, to] = [parent * this.dim + d, k * this.dim + d];
        this.#sums[from] = (this.#sums[from] ?? 0) / 2;
        this.#codes[to] = (this.#codes[from] ?? 0) + (offset[d] ?? 0);
        this.#sums[to] = half * (this.#codes[to] ?? 0);
      }
      for (let modality = 0; modality < this.#modalities; modality++)
        this.#chosen[modality * this.size + k] = now;
      this.#generations[k] = (this.#generations[k] ?? 0) + 1;
    }
    return idle;
  }

  /** Mean way that the codes in use have gone since a snapshot, in shares of √D. */
  driftFrom(snapshot: CodebookSnapshot): number {
    let [way, used] = [0, 0];
    for (let k = 0; k < this.size; k++) {
      if ((this.#counts[k] ?? 0) < (this.#options.minCount ?? 1e-6)) continue;
      let square = 0;
      for (let d = 0; d < this.dim; d++)
        square +=
          ((this.#codes[k * this.dim + d] ?? 0) - (snapshot.codes[k * this.dim + d] ?? 0)) ** 2;
      way += Math.sqrt(square / this.dim);
      used++;
    }
    return way / Math.max(used, 1);
  }

  /** An immutable copy under the next version: what heads are fitted to and readers decode with. */
  publish(): CodebookSnapshot {
    this.#version++;
    return new CodebookSnapshot({
      version: this.#version,
      dim: this.dim,
      codes: this.#codes.slice(),
      counts: this.#counts.slice(),
      generations: this.#generations.slice(),
    });
  }

  /** All that it knows, copied. */
  snapshot(): LiveCodebookState {
    return {
      codes: this.#codes.slice(),
      counts: this.#counts.slice(),
      sums: this.#sums.slice(),
      touched: this.#touched.slice(),
      chosen: this.#chosen.slice(),
      generations: this.#generations.slice(),
      version: this.#version,
      novel: this.#novel,
      unpaired: this.#unpaired,
    };
  }

  /**
   * Goes on where another one of the same size and options was.
   *
   * @throws {ShapeError} If it was of another size.
   */
  restore(state: LiveCodebookState): void {
    for (const [mine, theirs] of [
      [this.#codes, state.codes],
      [this.#counts, state.counts],
      [this.#sums, state.sums],
      [this.#touched, state.touched],
      [this.#chosen, state.chosen],
      [this.#generations, state.generations],
    ] as const) {
      if (mine.length !== theirs.length)
        throw new ShapeError(
          "LiveCodebook",
          `expected ${mine.length} numbers, got ${theirs.length}`,
        );
      mine.set(theirs);
    }
    this.#version = state.version;
    this.#novel = state.novel;
    this.#unpaired = state.unpaired;
  }

  /** Moves one code by the pulls that fell on it, all at once. */
  #pull(code: number, pulls: readonly Float64Array[], now: number): void {
    const { tau, hop, minCount = 1e-6, maxStep = Number.POSITIVE_INFINITY } = this.#options;
    this.#fade(code, now);
    const weight = -Math.expm1(-hop / tau);
    const count = (this.#counts[code] ?? 0) + weight * pulls.length;
    this.#counts[code] = count;
    const first = code * this.dim;
    const step = new Float64Array(this.dim);
    let square = 0;
    for (let d = 0; d < this.dim; d++) {
      // Summed before weighing: the sum of two numbers does not depend on their order.
      const pulled = pulls.reduce((sum, pull) => sum + (pull[d] ?? 0), 0);
      const sum = (this.#sums[first + d] ?? 0) + weight * pulled;
      this.#sums[first + d] = sum;
      step[d] = sum / count - (this.#codes[first + d] ?? 0);
      square += (step[d] ?? 0) ** 2;
    }
    if (count < minCount) return;
    const length = Math.sqrt(square);
    const share = length > maxStep ? maxStep / length : 1;
    for (let d = 0; d < this.dim; d++) {
      const moved =
        share === 1
          ? (this.#sums[first + d] ?? 0) / count
          : (this.#codes[first + d] ?? 0) + share * (step[d] ?? 0);
      this.#codes[first + d] = moved;
      // What was cut off is not owed: the sum follows the code.
      if (share < 1) this.#sums[first + d] = moved * count;
    }
  }

  /** Brings N and o of a code up to date; their ratio stays. */
  #fade(code: number, now: number): void {
    const share = Math.exp(-(now - (this.#touched[code] ?? 0)) / this.#options.tau);
    this.#touched[code] = now;
    this.#counts[code] = (this.#counts[code] ?? 0) * share;
    for (let i = code * this.dim; i < (code + 1) * this.dim; i++)
      this.#sums[i] = (this.#sums[i] ?? 0) * share;
  }

  #busiest(except: readonly number[], now: number): number {
    const without = new Set(except);
    let [best, most] = [0, -1];
    for (let k = 0; k < this.size; k++) {
      if (without.has(k)) continue;
      const share = Math.exp(-(now - (this.#touched[k] ?? 0)) / this.#options.tau);
      const count = (this.#counts[k] ?? 0) * share;
      if (count > most) [best, most] = [k, count];
    }
    return best;
  }
}

/** [D] (z + r) / 2, r the partner or the mean of the others. */
function midpoint(own: LiveVector, others: readonly LiveVector[]): Float64Array {
  return Float64Array.from(own.z, (value, d) => {
    const partner =
      own.partner?.[d] ?? others.reduce((sum, { z }) => sum + (z[d] ?? 0), 0) / others.length;
    return (value + partner) / 2;
  });
}
