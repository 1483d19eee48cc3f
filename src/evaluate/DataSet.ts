import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import { ConfigError, ModelError } from "../errors.ts";
import { decodeNpy, type NpyArray } from "../learn/npy.ts";

const unpack = promisify(gunzip);

/** A folder of arrays with a `meta.json` that says what they are. */
export interface DataSet {
  /** Its own name, as `meta.json` has it. */
  readonly name: string;
  readonly directory: string;
  /** All of `meta.json`. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** Names of the classes, in the order of the labels; empty where the set has none. */
  readonly labelNames: readonly string[];
  /** Whether the arrays of a split are described, those of `content` unless any will do. */
  hasSplit(split: string, content?: string): boolean;
  /**
   * One array, unpacked anew at each call.
   *
   * @param name `<content>_<split>`.
   * @throws {ModelError} If it is not there or is not what it should be.
   */
  array(name: string): Promise<NpyArray>;
}

/** The name of the set that has no arrays: studies draw it from the seed. */
export const SYNTHETIC = "synthetic";

/**
 * Opens a data set: `meta.json` and `NAME.npy.gz` or `NAME.npy` beside it.
 *
 * @param directory Its folder, or `synthetic` for the set that is drawn instead of read.
 * @throws {ConfigError} If the folder holds no such set.
 */
export async function openDataSet(directory: string): Promise<DataSet> {
  if (directory === SYNTHETIC)
    return {
      name: SYNTHETIC,
      directory,
      meta: {},
      labelNames: [],
      hasSplit: () => true,
      array: (name) =>
        Promise.reject(new ModelError("DataSet", `expected no array of ${SYNTHETIC}, got ${name}`)),
    };
  const folder = resolve(directory);
  const meta = await readMeta(folder);
  const arrays = Object.keys((meta["arrays"] ?? {}) as object);
  const labelNames = meta["label_names"];
  return {
    name: typeof meta["name"] === "string" ? meta["name"] : basename(folder),
    directory: folder,
    meta,
    labelNames: Array.isArray(labelNames) ? labelNames.map(String) : [],
    hasSplit: (split, content) =>
      arrays.some((array) =>
        content === undefined ? array.endsWith(`_${split}`) : array === `${content}_${split}`,
      ),
    array: (name) => readArray(folder, name),
  };
}

async function readMeta(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const file = join(folder, "meta.json");
  try {
    const meta: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof meta === "object" && meta !== null) return meta as Record<string, unknown>;
  } catch (cause) {
    throw new ConfigError("--data", `expected a data set with a meta.json, got ${folder}`, {
      cause,
    });
  }
  throw new ConfigError("--data", `expected an object in ${file}`);
}

async function readArray(folder: string, name: string): Promise<NpyArray> {
  for (const [file, isPacked] of [
    [`${name}.npy.gz`, true],
    [`${name}.npy`, false],
  ] as const) {
    let bytes: Buffer;
    try {
      bytes = await readFile(join(folder, file));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") continue;
      throw cause;
    }
    return decodeNpy(isPacked ? await unpack(bytes) : bytes);
  }
  throw new ModelError("DataSet", `expected ${name}.npy.gz in ${folder}, got none`);
}
