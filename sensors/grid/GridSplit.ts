import { type Micros, ModelError, millis, type NpyArray } from "../../src/sensing.ts";
import { ClipArrays } from "../clips/ClipArrays.ts";

/** Every sentence of the set lasts three seconds. */
export const SENTENCE = millis(3_000);
/** Samples of a sentence, 16 kHz. */
export const SENTENCE_SAMPLES = 48_000;
/** Pictures of a sentence, 25 a second, each 20 rows of 28 grey pixels. */
export const SENTENCE_PICTURES = 75;
export const PICTURE_SHAPE: readonly number[] = [20, 28];
export const PICTURE_PIXELS = 560;

/** One spoken word, timed from the start of its sentence. */
export interface GridWord {
  readonly sentence: number;
  readonly label: string;
  /** What kind of word it is: `colour`, `digit`... */
  readonly slot: string;
  readonly from: Micros;
  readonly to: Micros;
}

/** What the set says of its words. */
interface GridMeta {
  readonly vocabulary: readonly string[];
  readonly slots: Readonly<Record<string, readonly string[]>>;
}

/**
 * One split of the GRID arrays on disk, each array read when it is asked for.
 *
 * Sound stays in its mu-law bytes, pictures in theirs: a split of 600 sentences takes 29 and 25 MB.
 */
export class GridSplit {
  readonly #folder: string;
  readonly #arrays: ClipArrays;

  /**
   * @param folder The data set's folder.
   * @param split Its split: `train`, `dev`.
   */
  constructor(folder: string, split: string) {
    this.#folder = folder;
    this.#arrays = new ClipArrays(folder, split);
  }

  /** @returns [sentences × 48000] mu-law. @throws {ModelError} If the array is absent or not such. */
  async sound(): Promise<Uint8Array> {
    return bytesOf(await this.#arrays.read("pcm_mulaw", [SENTENCE_SAMPLES]));
  }

  /** @returns [sentences × 75 × 20 × 28] grey. @throws {ModelError} If the array is absent or not such. */
  async pictures(): Promise<Uint8Array> {
    return bytesOf(await this.#arrays.read("mouth", [SENTENCE_PICTURES, ...PICTURE_SHAPE]));
  }

  /**
   * The words of all sentences, in order.
   *
   * @throws {ModelError} If the array or the set's `meta.json` is absent or not such.
   */
  async words(): Promise<readonly GridWord[]> {
    const [{ data, shape }, meta] = await Promise.all([
      this.#arrays.read("words", [4]),
      this.#meta(),
    ]);
    return Array.from({ length: shape[0] ?? 0 }, (_, row) => {
      const [sentence = 0, id = 0, from = 0, to = 0] = data.subarray(4 * row, 4 * row + 4);
      const label = meta.vocabulary[id];
      const slot = Object.keys(meta.slots).find((name) => meta.slots[name]?.includes(label ?? ""));
      if (label === undefined || slot === undefined)
        throw new ModelError(this.#folder, `expected ids of words, got ${id} in row ${row}`);
      return { sentence, label, slot, from: millis(from), to: millis(to) };
    });
  }

  async #meta(): Promise<GridMeta> {
    const { vocabulary, slots } = await this.#arrays.meta();
    if (vocabulary === undefined || slots === undefined)
      throw new ModelError(this.#folder, "expected meta.json with vocabulary and slots");
    return { vocabulary, slots } as GridMeta;
  }
}

function bytesOf({ data }: NpyArray): Uint8Array {
  if (data instanceof Uint8Array) return data;
  throw new ModelError("GridSplit", `expected u8 elements, got ${data.constructor.name}`);
}
