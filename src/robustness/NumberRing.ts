/** The last so many numbers, in order. */
export class NumberRing<A extends Int32Array | Float64Array> {
  readonly #values: A;
  #start = 0;
  #length = 0;

  /** @param values As many as are kept at most; owned from now on, its contents do not matter. */
  constructor(values: A) {
    this.#values = values;
  }

  get length(): number {
    return this.#length;
  }

  /** Takes the next; the oldest makes room for it. */
  push(value: number): void {
    const capacity = this.#values.length;
    if (this.#length < capacity) this.#length++;
    else this.#start = (this.#start + 1) % capacity;
    this.set(this.#length - 1, value);
  }

  /** @param at 0 is the oldest; must be less than `length`. */
  get(at: number): number {
    return this.#values[(this.#start + at) % this.#values.length] ?? 0;
  }

  /** Changes one that is kept. */
  set(at: number, value: number): void {
    this.#values[(this.#start + at) % this.#values.length] = value;
  }

  /** All that are kept, oldest first, as an array of their own. */
  snapshot(): A {
    const copy = this.#values.slice(0, this.#length) as A;
    for (let at = 0; at < this.#length; at++) copy[at] = this.get(at);
    return copy;
  }

  /** Keeps these and no others. */
  restore(values: ArrayLike<number>): void {
    this.#start = 0;
    this.#length = 0;
    for (let at = 0; at < values.length; at++) this.push(values[at] ?? 0);
  }
}
