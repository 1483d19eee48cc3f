import { AsciiCache } from "./AsciiCache.ts";
import { unpackMap } from "./msgpack.ts";

/** The values in a header, as msgpack has them, not yet checked. A key that is absent is undefined. */
export interface HeaderFields {
  v: unknown;
  kind: unknown;
  stream: unknown;
  epoch: unknown;
  sequence: unknown;
  times: unknown;
  dtype: unknown;
  shape: unknown;
  lengths: unknown;
  until: unknown;
  at: unknown;
}

const texts = new AsciiCache((text) => text);

/** What the fast reader cannot read; not a value of msgpack. */
const ODD = Symbol("odd");

/**
 * The header in `bytes[start, end)`: one whole msgpack map.
 *
 * Reads itself what publishers send all the time, and leaves anything else to msgpackr: an unknown key,
 * a float, a negative integer, one beyond 2^53, text that is not ASCII, whatever is malformed. Both give the
 * same for every header that both can read.
 *
 * @returns undefined for anything but one whole map with string keys.
 */
export function readHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
): HeaderFields | undefined {
  return readPlainHeader(bytes, start, end) ?? readAnyHeader(bytes.subarray(start, end));
}

/** Any map, by msgpackr. */
export function readAnyHeader(bytes: Uint8Array): HeaderFields | undefined {
  const map = unpackMap(bytes);
  if (map === undefined) return undefined;
  const field = (name: keyof HeaderFields): unknown =>
    Object.hasOwn(map, name) ? map[name] : undefined;
  return {
    v: field("v"),
    kind: field("kind"),
    stream: field("stream"),
    epoch: field("epoch"),
    sequence: field("sequence"),
    times: field("times"),
    dtype: field("dtype"),
    shape: field("shape"),
    lengths: field("lengths"),
    until: field("until"),
    at: field("at"),
  };
}

/** A map of known keys to ASCII texts, integers in [0, 2^53) and lists of such; undefined for any other. */
export function readPlainHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
): HeaderFields | undefined {
  const cursor = new Cursor(bytes, start, end);
  let entries = cursor.mapLength();
  const fields: HeaderFields = {
    v: undefined,
    kind: undefined,
    stream: undefined,
    epoch: undefined,
    sequence: undefined,
    times: undefined,
    dtype: undefined,
    shape: undefined,
    lengths: undefined,
    until: undefined,
    at: undefined,
  };
  for (; entries > 0; entries--) {
    const key = cursor.value();
    const value = cursor.value();
    if (value === ODD || !set(fields, key, value)) return undefined;
  }
  return entries === 0 && cursor.at === end ? fields : undefined;
}

/**
 * Sets a field; each by name, since a store to a name that is computed is a lookup.
 *
 * @returns Whether there is one of that name.
 */
function set(fields: HeaderFields, key: unknown, value: unknown): boolean {
  switch (key) {
    case "v":
      fields.v = value;
      return true;
    case "kind":
      fields.kind = value;
      return true;
    case "stream":
      fields.stream = value;
      return true;
    case "epoch":
      fields.epoch = value;
      return true;
    case "sequence":
      fields.sequence = value;
      return true;
    case "times":
      fields.times = value;
      return true;
    case "dtype":
      fields.dtype = value;
      return true;
    case "shape":
      fields.shape = value;
      return true;
    case "lengths":
      fields.lengths = value;
      return true;
    case "until":
      fields.until = value;
      return true;
    case "at":
      fields.at = value;
      return true;
    default:
      return false;
  }
}

/** Reads msgpack, a value at a time. Never beyond the end: bytes there read as 0 and `at` tells. */
class Cursor {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
  }

  /** Entries of the map that begins here; -1 if none does. */
  mapLength(): number {
    const tag = this.#byte();
    if (tag >> 4 === 0x8) return tag & 0x0f;
    return tag === 0xde ? this.#unsigned16() : -1;
  }

  /** A text, an unsigned integer or a list of such; `ODD` for anything else. */
  value(): unknown {
    const tag = this.#byte();
    if (tag >> 5 === 0b101) return this.#text(tag & 0x1f);
    if (tag === 0xd9) return this.#text(this.#byte());
    if (tag >> 4 === 0x9) return this.#list(tag & 0x0f);
    if (tag === 0xdc) return this.#list(this.#unsigned16());
    const value = this.#integer(tag);
    return value < 0 ? ODD : value;
  }

  /** -1 for what is no integer in [0, 2^53). */
  #integer(tag: number): number {
    if (tag < 0x80) return tag;
    switch (tag) {
      case 0xcc:
        return this.#byte();
      case 0xcd:
        return this.#unsigned16();
      case 0xce:
        return this.#unsigned32();
      case 0xcf:
      case 0xd3: {
        const high = this.#unsigned32();
        const value = high * 2 ** 32 + this.#unsigned32();
        return high < 2 ** 21 ? value : -1;
      }
      default:
        return -1;
    }
  }

  #list(length: number): unknown {
    // Each takes a byte at least: a length that cannot be must not become an array first.
    if (length > this.#end - this.at) return ODD;
    const list: number[] = [];
    for (let i = 0; i < length; i++) {
      const value = this.#integer(this.#byte());
      if (value < 0) return ODD;
      list.push(value);
    }
    return list;
  }

  #text(length: number): unknown {
    const start = this.at;
    this.at += length;
    return this.at > this.#end ? ODD : (texts.get(this.#bytes, start, this.at) ?? ODD);
  }

  #unsigned16(): number {
    return this.#byte() * 256 + this.#byte();
  }

  #unsigned32(): number {
    const { at } = this;
    this.at = at + 4;
    if (this.at > this.#end) return 0;
    const bytes = this.#bytes;
    const low = ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8);
    return (bytes[at] as number) * 2 ** 24 + (low | (bytes[at + 3] as number));
  }

  #byte(): number {
    const at = this.at++;
    return at < this.#end ? (this.#bytes[at] as number) : 0;
  }
}
