/**
 * Lets at most `credit` messages be on their way through the pipeline.
 *
 * Who takes one out of a socket acquires first; who is done with it releases. Without credit nothing is
 * received, so the sender's queue fills and the sender waits: no message is lost and none piles up.
 */
export class CreditGate {
  #credit: number;
  readonly #waiting: (() => void)[] = [];

  constructor(credit: number) {
    this.#credit = credit;
  }

  /** Settles when there is credit, first come first served; undefined when there is some now. */
  acquire(): Promise<void> | undefined {
    if (this.#credit > 0) {
      this.#credit--;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#credit++;
  }
}
