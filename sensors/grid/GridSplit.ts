import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import { decodeNpy, type Micros, ModelError, millis, type NpyArray } from "../../src/sensing.ts";

const unpack = promisify(gunzip);

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

/**
 * One split of the GRID arrays on disk, each array read when it is asked for.
 *
 * Sound stays in its mu-law bytes, pictures in theirs: a split of 600 sentences takes 29 and 25 MB.
 */
export class GridSplit {
  readonly #folder: string;
  readonly #split: string;

  /**
   * @param folder The data set's folder.
   * @param split Its split: `train`, `dev`.
   */
  constructor(folder: string, split: string) {
    this.#folder = folder;
    this.#split = split;
  }

  /** @returns [sentences × 48000] mu-law. @throws {ModelError} If the array is absent or not such. */
  async sound(): Promise<Uint8Array> {
    return bytesOf(await this.#read("pcm_mulaw", [undefined, SENTENCE_SAMPLES]));
  }

  /** @returns [sentences × 75 × 20 × 28] grey. @throws {ModelError} If the array is absent or not such. */
  async pictures(): Promise<Uint8Array> {
    return bytesOf(await this.#read("mouth", [undefined, SENTENCE_PICTURES, ...PICTURE_SHAPE]));
  }

  /**
   * The words of all sentences, in order.
   *
   * @throws {ModelError} If the array or the set's `meta.json` is absent or not such.
   */
  async words(): Promise<readonly GridWord[]> {
    const [{ data, shape }, meta] = await Promise.all([
      this.#read("words", [undefined, 4]),
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

  async #read(name: string, shape: readonly (number | undefined)[]): Promise<NpyArray> {
    const file = `${name}_${this.#split}.npy.gz`;
    const packed = await this.#file(file);
    const bytes = await unpack(packed).catch((cause: unknown) => {
      throw new ModelError(file, "expected gzip, got something else", { cause });
    });
    const array = decodeNpy(bytes);
    const fits =
      array.shape.length === shape.length &&
      shape.every((size, axis) => size === undefined || size === array.shape[axis]);
    if (!fits)
      throw new ModelError(
        file,
        `expected [${shape.map((size) => size ?? "n")}], got [${array.shape}]`,
      );
    return array;
  }

  async #meta(): Promise<{ vocabulary: string[]; slots: Record<string, string[]> }> {
    const meta = parsed(await this.#file("meta.json"));
    if (typeof meta !== "object" || meta === null || !("vocabulary" in meta && "slots" in meta))
      throw new ModelError(this.#folder, "expected meta.json with vocabulary and slots");
    return meta as { vocabulary: string[]; slots: Record<string, string[]> };
  }

  async #file(name: string): Promise<Buffer> {
    try {
      return await readFile(join(this.#folder, name));
    } catch (cause) {
      throw new ModelError(
        this.#folder,
        `expected the GRID arrays there, got no ${name}: name their folder with --data`,
        { cause },
      );
    }
  }
}

function bytesOf({ data }: NpyArray): Uint8Array {
  if (data instanceof Uint8Array) return data;
  throw new ModelError("GridSplit", `expected u8 elements, got ${data.constructor.name}`);
}

function parsed(file: Buffer): unknown {
  try {
    return JSON.parse(file.toString("utf8"));
  } catch (cause) {
    throw new ModelError("meta.json", "expected JSON, got something else", { cause });
  }
}
