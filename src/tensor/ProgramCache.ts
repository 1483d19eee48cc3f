import { ConfigError } from "../errors.ts";
import type { CompiledProgram } from "./compile.ts";

/** A program on loan; give it back with `release` (or `await using`). */
export interface ProgramLease<I, O> extends AsyncDisposable {
  readonly program: CompiledProgram<I, O>;
  release(): Promise<void>;
}

interface Entry {
  readonly opening: Promise<CompiledProgram<never, never>>;
  leases: number;
  isEvicted: boolean;
}

/**
 * Compiled programs by key, so that asking twice for one program costs one trace and one session.
 *
 * Key behaviours: concurrent requests for one key open once; at most `capacity` programs stay open
 * without a lease, the least recently used close first; a program on loan is never closed; an open
 * that fails is forgotten, so that the next request tries again.
 *
 * The key must name everything that the program depends on: its name, shapes, device, threads and
 * the version of baked weights.
 */
export class ProgramCache implements AsyncDisposable {
  readonly #capacity: number;
  /** In order of last use; Map keeps insertion order. */
  readonly #entries = new Map<string, Entry>();

  /** @throws {ConfigError} If `capacity` is not an integer ≥ 1. */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new ConfigError("ProgramCache", `capacity must be an integer >= 1, got ${capacity}`);
    this.#capacity = capacity;
  }

  /** Keys of the programs that are open or opening, least recently used first. */
  get keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Lends the program of a key, opening it if it is not there. */
  async lease<I, O>(
    key: string,
    open: () => Promise<CompiledProgram<I, O>>,
  ): Promise<ProgramLease<I, O>> {
    const known = this.#entries.get(key);
    // One key stands for one program, so that its types are those of whoever opened it first.
    const entry: Entry = known ?? {
      opening: open() as unknown as Promise<CompiledProgram<never, never>>,
      leases: 0,
      isEvicted: false,
    };
    entry.leases += 1;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    let program: CompiledProgram<I, O>;
    try {
      program = (await entry.opening) as unknown as CompiledProgram<I, O>;
    } catch (cause) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw cause;
    }
    let isReleased = false;
    const release = async (): Promise<void> => {
      if (isReleased) return;
      isReleased = true;
      entry.leases -= 1;
      if (entry.isEvicted && entry.leases === 0) await program.dispose();
      await this.#evict();
    };
    return { program, release, [Symbol.asyncDispose]: release };
  }

  /** Closes every program; those on loan when they come back. Idempotent. */
  async dispose(): Promise<void> {
    for (const [key, entry] of [...this.#entries]) await this.#drop(key, entry);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #evict(): Promise<void> {
    const idle = [...this.#entries].filter(([, entry]) => entry.leases === 0);
    for (const [key, entry] of idle.slice(0, Math.max(0, idle.length - this.#capacity)))
      await this.#drop(key, entry);
  }

  async #drop(key: string, entry: Entry): Promise<void> {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    entry.isEvicted = true;
    if (entry.leases > 0) return;
    const [opened] = await Promise.allSettled([entry.opening]);
    if (opened?.status === "fulfilled") await opened.value.dispose();
  }
}
