import { LogError } from "../errors.ts";

/** Numbers in bulk that `packValue` keeps as they lie in memory. */
type Numbers = Uint8Array | Int32Array | Float32Array | Float64Array;

/** What `packValue` keeps: plain values and numbers in bulk, however nested. */
export type Packable =
  | null
  | boolean
  | number
  | string
  | Numbers
  | readonly Packable[]
  | { readonly [name: string]: Packable | undefined };

/** Key of an object that stands for what JSON cannot say. */
const MARK = "$";
const ALIGNMENT = 8;
const HEAD_BYTES = 4;

const KINDS = { u8: Uint8Array, i32: Int32Array, f32: Float32Array, f64: Float64Array } as const;
type Kind = keyof typeof KINDS;

/**
 * A value as bytes, every number in full: ±∞, NaN and −0 too. The same value gives the same bytes.
 *
 * Little endian: u32 n, n bytes of JSON, zeros up to a multiple of 8, then the numbers in bulk, each array
 * at a multiple of 8. In the JSON `{"$":"f32","at":16,"n":3}` stands for three numbers 16 bytes into them,
 * and `{"$":"-0"}` for a number that JSON does not know.
 *
 * @param value Of plain objects, arrays, strings, numbers, booleans, null and arrays of numbers. Fields that
 *   are undefined are left out.
 * @throws {LogError} If it holds anything else.
 */
export function packValue(value: unknown): Uint8Array {
  const bulk: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  let size = 0;
  const plain = (node: unknown): unknown => {
    if (typeof node === "number")
      return Number.isFinite(node) && !Object.is(node, -0)
        ? node
        : { [MARK]: Object.is(node, -0) ? "-0" : String(node) };
    if (typeof node === "string" || typeof node === "boolean" || node === null) return node;
    if (Array.isArray(node)) return node.map(plain);
    if (ArrayBuffer.isView(node)) {
      const kind = kindOf(node);
      const at = size;
      bulk.push({ at, bytes: new Uint8Array(node.buffer, node.byteOffset, node.byteLength) });
      size += padded(node.byteLength);
      return { [MARK]: kind, at, n: node.byteLength / KINDS[kind].BYTES_PER_ELEMENT };
    }
    if (typeof node !== "object" || Object.getPrototypeOf(node) !== Object.prototype)
      throw new LogError("packValue", `expected a plain value, got ${typeof node}`);
    const fields = Object.entries(node).filter(([, field]) => field !== undefined);
    if (fields.some(([name]) => name === MARK))
      throw new LogError("packValue", `expected no field named ${MARK}, got one`);
    return Object.fromEntries(fields.map(([name, field]) => [name, plain(field)]));
  };
  const json = Buffer.from(JSON.stringify(plain(value)));
  const start = padded(HEAD_BYTES + json.byteLength);
  const out = new Uint8Array(start + size);
  new DataView(out.buffer).setUint32(0, json.byteLength, true);
  out.set(json, HEAD_BYTES);
  for (const { at, bytes } of bulk) out.set(bytes, start + at);
  return out;
}

/**
 * The value that `packValue` made the bytes of; shares nothing with them.
 *
 * @throws {LogError} If the bytes are not such.
 */
export function unpackValue(bytes: Uint8Array): unknown {
  try {
    return unpack(bytes);
  } catch (cause) {
    throw new LogError("packValue", `expected a packed value, got ${bytes.byteLength} bytes`, {
      cause,
    });
  }
}

function unpack(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const start = padded(HEAD_BYTES + length);
  const restore = (node: unknown): unknown => {
    if (typeof node !== "object" || node === null) return node;
    if (Array.isArray(node)) return node.map(restore);
    const { [MARK]: mark, at, n } = node as { $?: unknown; at?: unknown; n?: unknown };
    if (mark === undefined)
      return Object.fromEntries(Object.entries(node).map(([name, of]) => [name, restore(of)]));
    if (!isKind(mark)) return Number(mark);
    const kind = KINDS[mark];
    const from = start + Number(at);
    const size = Number(n) * kind.BYTES_PER_ELEMENT;
    if (!(Number(at) >= 0 && size >= 0 && from + size <= bytes.byteLength))
      throw new LogError("packValue", `expected numbers within the value, got ${at} and ${n}`);
    const copy = new Uint8Array(size);
    copy.set(bytes.subarray(from, from + size));
    return new kind(copy.buffer);
  };
  return restore(
    JSON.parse(Buffer.from(bytes.subarray(HEAD_BYTES, HEAD_BYTES + length)).toString()),
  );
}

function kindOf(view: ArrayBufferView): Kind {
  for (const [kind, type] of Object.entries(KINDS))
    if (view instanceof type && isKind(kind)) return kind;
  throw new LogError("packValue", `expected numbers of ${Object.keys(KINDS)}, got others`);
}

function isKind(name: unknown): name is Kind {
  return typeof name === "string" && Object.hasOwn(KINDS, name);
}

function padded(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}
