import { DeviceError } from "../errors.ts";
import type { CompiledProgram } from "./compile.ts";
import type { ArraysOf, FeedsOf } from "./HostTensor.ts";

/** A program with the runs that are under way on it. */
interface Served<I, O> {
  readonly program: CompiledProgram<I, O>;
  readonly runs: Set<Promise<unknown>>;
}

/**
 * A compiled program that can be replaced while it serves.
 *
 * Key behaviours: `swap` lets the next program open beside the one that serves and takes over
 * between two runs; runs under way finish on the program they began on, which is closed after the
 * last of them; nothing is dropped and no run waits for a session to open. Of several swaps under
 * way the one called last wins, whichever opens first. If the next program does not open, the
 * present one goes on and the error is the caller's.
 */
export class HotSwap<I, O> implements AsyncDisposable {
  #served: Served<I, O>;
  #calls = 0;
  #wonBy = 0;
  #isDisposed = false;

  constructor(first: CompiledProgram<I, O>) {
    this.#served = { program: first, runs: new Set() };
  }

  /** The program that the next run will use. */
  get serving(): CompiledProgram<I, O> {
    return this.#served.program;
  }

  /** Runs on the program that serves now. See `CompiledProgram.run`. */
  async run(feeds: FeedsOf<I>): Promise<ArraysOf<O>> {
    if (this.#isDisposed)
      throw new DeviceError("HotSwap", "expected an open program, got a disposed one");
    const { program, runs } = this.#served;
    const running = program.run(feeds);
    runs.add(running);
    try {
      return await running;
    } finally {
      runs.delete(running);
    }
  }

  /**
   * Opens the next program and lets it take over.
   *
   * @param open Opens it: `() => compile(program, { constants: { params } })`.
   * @returns Whether it took over: false if a later swap, or `dispose`, came first. Settles when the
   *   program that lost is closed.
   */
  async swap(open: () => Promise<CompiledProgram<I, O>>): Promise<boolean> {
    this.#calls += 1;
    const call = this.#calls;
    const program = await open();
    if (this.#isDisposed || call < this.#wonBy) {
      await program.dispose();
      return false;
    }
    this.#wonBy = call;
    const retired = this.#served;
    this.#served = { program, runs: new Set() };
    await retire(retired);
    return true;
  }

  /** Closes the program after the runs under way. Idempotent. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await retire(this.#served);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

async function retire<I, O>({ program, runs }: Served<I, O>): Promise<void> {
  // Their callers hear of failures; here only their end matters.
  await Promise.allSettled(runs);
  await program.dispose();
}
