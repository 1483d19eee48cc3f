import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Trial } from "./Study.ts";

/** What one finished trial left. */
export interface TrialResult {
  readonly variant: string;
  readonly seed: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** What it took. */
  readonly seconds: number;
  /** Most memory of the process until it ended, in MiB. */
  readonly peakMiB: number;
}

/** Which trial: everything but code and arrays that a result depends on. */
export interface TrialKey {
  readonly study: string;
  readonly set: string;
  readonly split: string;
  readonly seed: number;
  readonly trial: Trial;
}

/** Finished trials on disk, so that a stopped run goes on where it was. */
export class TrialStore {
  readonly #folder: string;

  /** @param folder Where they are kept; made when needed. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The result of an earlier run with the same configuration, if there is one. */
  async find(key: TrialKey): Promise<TrialResult | undefined> {
    try {
      const kept = JSON.parse(await readFile(this.#file(key), "utf8")) as {
        digest?: string;
        result?: TrialResult;
      };
      return kept.digest === digestOf(key) ? kept.result : undefined;
    } catch {
      return undefined; // none, or cut short by a stop: it is run again
    }
  }

  /** Keeps a result, in place of an older one. */
  async keep(key: TrialKey, result: TrialResult): Promise<void> {
    const file = this.#file(key);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.part`, JSON.stringify({ digest: digestOf(key), result }));
    await rename(`${file}.part`, file);
  }

  #file({ study, set, split, seed, trial }: TrialKey): string {
    const name = trial.variant === "" ? "method" : trial.variant.replaceAll(/[^\w.-]/g, "_");
    return join(this.#folder, study, `${set}-${split}`, `${name}-${seed}.json`);
  }
}

function digestOf({ trial, ...rest }: TrialKey): string {
  const text = JSON.stringify({ ...rest, variant: trial.variant, config: trial.config });
  return createHash("sha256").update(text).digest("hex");
}
