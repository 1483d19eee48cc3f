import { resolve } from "node:path";

import { gridTruth } from "../../../sensors/gridCorpus.ts";
import type { Feed } from "../../../src/index.ts";

export interface CorpusFeedOptions {
  /** Folder of the GRID arrays. */
  readonly data: string;
  readonly split: string;
  /** How many of its sentences, from the first on; all unless given. */
  readonly sentences?: number;
  /** Draws the gaps between them. */
  readonly seed: number;
}

/**
 * Sentences of the GRID corpus as one continuous feed, gaps of room noise between them.
 *
 * @throws {ConfigError} If the split has fewer sentences.
 * @throws {ModelError} If the arrays are not there.
 */
export async function corpusFeed({ data, ...options }: CorpusFeedOptions): Promise<Feed> {
  const directory = resolve(data);
  const { split, seed } = options;
  const { duration, labels, sentences } = await gridTruth({ directory, ...options });
  const plan = { kind: "gridCorpus", options: { directory, split, sentences, seed } };
  return {
    name: `GRID ${split}, ${sentences} sentences`,
    duration,
    sensors: { audio: plan, video: plan, text: plan },
    truth: labels,
  };
}
