import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import { decodeNpy, ModelError, type NpyArray } from "../../src/sensing.ts";

const unpack = promisify(gunzip);

/** One split of a data set's folder: `CONTENT_SPLIT.npy.gz` and a `meta.json`. */
export class ClipArrays {
  readonly #folder: string;
  readonly #split: string;

  constructor(folder: string, split: string) {
    this.#folder = folder;
    this.#split = split;
  }

  /**
   * One array, unpacked anew at each call.
   *
   * @param row Shape of one row of its first axis.
   * @throws {ModelError} If it is absent, damaged or has rows of another shape.
   */
  async read(content: string, row: readonly number[] = []): Promise<NpyArray> {
    const file = `${content}_${this.#split}.npy.gz`;
    const packed = await this.#file(file);
    const bytes = await unpack(packed).catch((cause: unknown) => {
      throw new ModelError(file, "expected gzip, got something else", { cause });
    });
    const array = decodeNpy(bytes);
    if (array.shape.slice(1).join() !== row.join())
      throw new ModelError(file, `expected rows [${row}], got [${array.shape.slice(1)}]`);
    return array;
  }

  /** Names of the classes. @throws {ModelError} If `meta.json` has none. */
  async labelNames(): Promise<readonly string[]> {
    const { label_names: names } = await this.meta();
    if (!Array.isArray(names))
      throw new ModelError(this.#folder, "expected label_names in meta.json, got none");
    return names.map(String);
  }

  /** What `meta.json` says. @throws {ModelError} If it is absent or no JSON object. */
  async meta(): Promise<Readonly<Record<string, unknown>>> {
    const text = (await this.#file("meta.json")).toString("utf8");
    try {
      return { ...(JSON.parse(text) as object) };
    } catch (cause) {
      throw new ModelError(this.#folder, "expected JSON in meta.json", { cause });
    }
  }

  async #file(name: string): Promise<Buffer> {
    try {
      return await readFile(join(this.#folder, name));
    } catch (cause) {
      throw new ModelError(
        this.#folder,
        `expected the set's arrays there, got no ${name}: name their folder with --data`,
        { cause },
      );
    }
  }
}
