import { ConfigError } from "../errors.ts";
import type { Caption } from "../frames/Frame.ts";
import type { Cell } from "../frames/Frameset.ts";
import type { Packable } from "../log/packValue.ts";
import { type Micros, micros, millis } from "../units.ts";
import { charGrams } from "./charGrams.ts";
import type { FeatureExtractor } from "./FeatureExtractor.ts";

export interface CaptionGramsOptions {
  /** How far behind the row's instant the instant lies that the model speaks about. */
  readonly lookAhead?: Micros;
  /** Length of the vector. */
  readonly dimensions?: number;
}

interface SaidCaption {
  readonly from: Micros;
  readonly to: Micros;
  readonly grams: Float32Array;
}

/** More captions than can overlap `lookAhead`; older ones are forgotten first. */
const CAPACITY = 32;

/**
 * The caption being said at the labelled instant, as hashed character n-grams.
 *
 * A caption is stamped with its onset and says how long it lasts, so a cell in which nothing came is
 * not a gap: an earlier caption may still be running. Where two overlap the later onset wins. A
 * payload that is not a caption counts as none.
 */
export class CaptionGrams implements FeatureExtractor {
  readonly size: number;
  readonly #lookAhead: Micros;
  /** Ascending by onset. */
  readonly #captions: SaidCaption[] = [];

  /** @throws {ConfigError} If `lookAhead` is negative or `dimensions` out of range. */
  constructor({ lookAhead = millis(120), dimensions = 64 }: CaptionGramsOptions = {}) {
    if (!(lookAhead >= 0))
      throw new ConfigError("CaptionGrams", `lookAhead must be >= 0 us, got ${lookAhead}`);
    this.#lookAhead = lookAhead;
    this.size = charGrams("", { dimensions }).length;
  }

  /**
   * @inheritdoc
   * @returns [size] float of length 1; undefined where no caption covers `time − lookAhead`.
   */
  push(cell: Cell, time: Micros): Float32Array | undefined {
    if (cell.presence !== "missing") this.#keep(cell.payload, cell.originTime);
    const instant = time - this.#lookAhead;
    while ((this.#captions[0]?.to ?? Infinity) <= instant) this.#captions.shift();
    return this.#captions
      .findLast(({ from, to }) => from <= instant && instant < to)
      ?.grams.slice();
  }

  /** @inheritdoc */
  reset(): void {
    this.#captions.length = 0;
  }

  /** @inheritdoc */
  snapshot(): Packable {
    return this.#captions.map(({ from, to, grams }) => ({ from, to, grams: grams.slice() }));
  }

  /** @inheritdoc */
  restore(snapshot: unknown): void {
    this.reset();
    this.#captions.push(...(snapshot as readonly SaidCaption[]));
  }

  #keep(payload: Uint8Array, from: Micros): void {
    const caption = parseCaption(payload);
    if (caption === undefined) return;
    const grams = charGrams(caption.text, { dimensions: this.size });
    const said = { from, to: micros(from + caption.duration), grams };
    const after = this.#captions.findIndex((other) => other.from > from);
    this.#captions.splice(after < 0 ? this.#captions.length : after, 0, said);
    if (this.#captions.length > CAPACITY) this.#captions.shift();
  }
}

/**
 * Reads what a text stream carries.
 *
 * @param payload UTF-8 JSON.
 * @returns undefined where it is not a caption with a duration of 0 or more.
 */
export function parseCaption(payload: Uint8Array): Caption | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { text, duration } = value as Partial<Record<keyof Caption, unknown>>;
  if (typeof text !== "string" || typeof duration !== "number" || !(duration >= 0))
    return undefined;
  return { text, duration: micros(duration) };
}
