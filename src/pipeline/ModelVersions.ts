import type { LogRecord, ServedVersion } from "../log/LogRecord.ts";
import type { Micros } from "../units.ts";

type ModelRecord = Extract<LogRecord, { kind: "MODEL" }>;

/** A version that serves, or has served. */
export interface VersionInfo {
  readonly version: string;
  /** The weights file it was learnt on; itself where it is one. */
  readonly base: string;
  /** The version that served when this one was published; absent for weights files. */
  readonly parent?: string;
  /** When it first served, on the run's clock. */
  readonly since: Micros;
  /** What it was judged by, where it was learnt. */
  readonly figures?: object;
  readonly isServing: boolean;
}

/** One change of what serves. */
export interface ServingChange extends Omit<ServedVersion, "weights" | "figures" | "base"> {
  readonly at: Micros;
}

/** Versions kept with their weights, and changes kept, newest last. */
const KEPT = 32;
const CHANGES = 256;

/**
 * The versions that a log tells of: a function of its MODEL records alone.
 *
 * Bounded: the newest versions, with all that it takes to serve them again, and the newest changes.
 */
export class ModelVersions {
  readonly #versions = new Map<
    string,
    { readonly record: ModelRecord; readonly parent?: string }
  >();
  #changes: readonly ServingChange[] = [];
  #serving: ModelRecord | undefined;

  /** Takes the next record of the log. */
  observe(record: LogRecord): void {
    if (record.kind !== "MODEL") return;
    const parent = this.#serving?.version;
    this.#serving = record;
    const { version, cause, by, reason, pinned, logTime } = record;
    this.#changes = [
      ...this.#changes.slice(1 - CHANGES),
      {
        version,
        at: logTime,
        ...(cause !== undefined && { cause }),
        ...(by !== undefined && { by }),
        ...(reason !== undefined && { reason }),
        ...(pinned !== undefined && { pinned }),
      },
    ];
    if (this.#versions.has(version)) return;
    const isLearnt = cause === "learnt" && parent !== undefined;
    this.#versions.set(version, { record, ...(isLearnt && { parent }) });
    for (const [oldest, known] of this.#versions) {
      if (this.#versions.size <= KEPT) break;
      // Weights files take nothing to keep, and what serves may have to be taken back.
      if (known.record.weights === undefined || oldest === version || oldest === parent) continue;
      this.#versions.delete(oldest);
    }
  }

  /** What serves; undefined before the first MODEL record. */
  get serving(): string | undefined {
    return this.#serving?.version;
  }

  /** Whether it serves until somebody says otherwise. */
  get isPinned(): boolean {
    return this.#serving?.pinned ?? false;
  }

  /** All known, the oldest first. */
  list(): readonly VersionInfo[] {
    return [...this.#versions.values()].map(({ record, parent }) => ({
      version: record.version,
      base: record.base ?? record.version,
      ...(parent !== undefined && { parent }),
      since: record.logTime,
      ...(record.figures !== undefined && { figures: record.figures }),
      isServing: record.version === this.#serving?.version,
    }));
  }

  /** What served from when on and why, the oldest first. */
  changes(): readonly ServingChange[] {
    return this.#changes;
  }

  /** All that it takes to serve a version; undefined of one that is not known. */
  find(version: string): Pick<ServedVersion, "version" | "base" | "weights"> | undefined {
    const record = this.#versions.get(version)?.record;
    if (record === undefined) return undefined;
    const { base, weights } = record;
    return {
      version,
      ...(base !== undefined && { base }),
      ...(weights !== undefined && { weights }),
    };
  }

  /** What a version was learnt from; undefined of a weights file, or one that is not known. */
  parentOf(version: string): string | undefined {
    return this.#versions.get(version)?.parent;
  }
}
