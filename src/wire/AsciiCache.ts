/** Texts remembered, a power of two; one that hashes to the same place takes the place of another. */
const SLOTS = 256;
/** Longer texts are made anew each time: a site's and a stream's name and their slashes, at most. */
const LONGEST = 130;

/**
 * Short ASCII texts and what was made of them, found by their bytes without making a string.
 *
 * The same few topics and keys come with every message; decoding each anew would cost more than the rest of
 * a header. Bounded, whatever comes.
 */
export class AsciiCache<T> {
  readonly #make: (text: string) => T;
  readonly #texts: (string | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #values: (T | undefined)[] = new Array(SLOTS).fill(undefined);

  /** @param make Called with a text that is not remembered; its result is shared by all who ask for it. */
  constructor(make: (text: string) => T) {
    this.#make = make;
  }

  /**
   * What was made of the text in `bytes[start, end)`.
   *
   * @returns undefined if it is longer than 130 bytes or not ASCII.
   */
  get(bytes: Uint8Array, start: number, end: number): T | undefined {
    const length = end - start;
    if (length > LONGEST) return undefined;
    let hash = length;
    let seen = 0;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      hash = (Math.imul(hash, 31) + byte) | 0;
      seen |= byte;
    }
    if (seen > 0x7f) return undefined;
    const slot = (hash ^ (hash >>> 8)) & (SLOTS - 1);
    const known = this.#texts[slot];
    if (known !== undefined && isText(known, bytes, start, length)) return this.#values[slot] as T;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString("latin1");
    const value = this.#make(text);
    this.#texts[slot] = text;
    this.#values[slot] = value;
    return value;
  }
}

function isText(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
