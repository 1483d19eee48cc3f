import type { RowOutputs } from "../../models/unified/inference.ts";

/** Counts how often two streams fall on the same code while something happens. */
export class CodeShare {
  readonly #ignored: ReadonlySet<string>;
  #pairs = 0;
  #same = 0;

  /** @param ignored Streams that contain the answer. */
  constructor(ignored: readonly string[]) {
    this.#ignored = new Set(ignored);
  }

  /**
   * Takes a row's answer.
   *
   * @param label Class of the instant that it is about; rows of silence, 0, do not count.
   */
  push({ streams }: Pick<RowOutputs, "streams">, label: number): void {
    if (label === 0) return;
    const codes = Object.entries(streams).flatMap(([name, { code }]) =>
      this.#ignored.has(name) ? [] : [code],
    );
    for (const [at, code] of codes.entries())
      for (const other of codes.slice(at + 1)) {
        this.#pairs++;
        if (code === other) this.#same++;
      }
  }

  /** Share of pairs of streams that were there together, over all rows; undefined where there were none. */
  get share(): number | undefined {
    return this.#pairs === 0 ? undefined : this.#same / this.#pairs;
  }
}
