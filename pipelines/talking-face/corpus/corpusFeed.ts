import { resolve } from "node:path";

import { gridTruth } from "../../../sensors/gridCorpus.ts";
import type { Feed } from "../../../src/index.ts";

export interface CorpusFeedOptions {
  /** Folder of the GRID arrays. */
  readonly data: string;
  readonly split: string;
  /** How many of its sentences, from the first on; all unless given. */
  readonly sentences?: number;
  /** Draws the gaps between them, and the babble. */
  readonly seed: number;
  /** Sentence over babble, in dB; no babble unless given. */
  readonly babbleDb?: number;
}

/**
 * Sentences of the GRID corpus as one continuous feed, gaps of room noise between them.
 *
 * @throws {ConfigError} If the split has fewer sentences.
 * @throws {ModelError} If the arrays are not there.
 */
export async function corpusFeed({ data, ...options }: CorpusFeedOptions): Promise<Feed> {
  const directory = resolve(data);
  const { babbleDb, ...line } = options;
  const { split, seed } = line;
  const { duration, labels, sentences } = await gridTruth({ directory, ...line });
  const plan = { kind: "gridCorpus", options: { directory, split, sentences, seed } };
  const audio = babbleDb === undefined ? plan : { ...plan, options: { ...plan.options, babbleDb } };
  const among = babbleDb === undefined ? "" : `, babble at ${babbleDb} dB`;
  return {
    name: `GRID ${split}, ${sentences} sentences${among}`,
    duration,
    sensors: { audio, video: plan, text: plan },
    truth: labels,
  };
}
