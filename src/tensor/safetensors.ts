import { ModelError } from "../errors.ts";
import { type HostTensor, type HostTree, isHostTensor } from "./HostTensor.ts";
import { type DType, sizeOfShape } from "./TensorSpec.ts";
import { flattenTree, unflattenTree } from "./tree.ts";

const DTYPES = { float32: "F32", int32: "I32", bool: "BOOL" } as const;
const ELEMENT_BYTES = { float32: 4, int32: 4, bool: 1 } as const;
/** Limit of the reference implementation: a header longer than this is not a weight file. */
const LARGEST_HEADER = 100_000_000;
const HEADER_LENGTH_BYTES = 8;

/** What a safetensors file holds: tensors by flat name ("params/w"), and free text. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly metadata: { readonly [key: string]: string };
}

/**
 * Writes a tree of tensors as the bytes of a `.safetensors` file; nested names join with "/".
 *
 * The same tensors give the same bytes: names are sorted by dtype size, then by name, as the
 * reference implementation does, so that every tensor stays aligned.
 *
 * Format: https://huggingface.co/docs/safetensors
 */
export function encodeSafetensors(
  tree: HostTree,
  metadata: { readonly [key: string]: string } = {},
): Uint8Array {
  const tensors = flattenTree(tree, isTensorNode, "encodeSafetensors").sort(
    ([nameA, a], [nameB, b]) =>
      ELEMENT_BYTES[b.dtype] - ELEMENT_BYTES[a.dtype] ||
      (nameA < nameB ? -1 : nameA > nameB ? 1 : 0),
  );
  const header: Record<string, object> = {};
  if (Object.keys(metadata).length > 0) header["__metadata__"] = metadata;
  let offset = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    const end = offset + data.byteLength;
    header[name] = { dtype: DTYPES[dtype], shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Padded with spaces to 8 bytes, so that the data start aligned.
  const headerLength = Math.ceil(text.length / HEADER_LENGTH_BYTES) * HEADER_LENGTH_BYTES;
  const bytes = new Uint8Array(HEADER_LENGTH_BYTES + headerLength + offset).fill(
    0x20,
    HEADER_LENGTH_BYTES,
    HEADER_LENGTH_BYTES + headerLength,
  );
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(text, HEADER_LENGTH_BYTES);
  let at = HEADER_LENGTH_BYTES + headerLength;
  for (const [, { data }] of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads the bytes of a `.safetensors` file. Elements are copied out of it.
 *
 * @throws {ModelError} If the bytes are not a safetensors file, or hold another dtype than F32, I32, BOOL.
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const refuse = (problem: string, cause?: unknown): ModelError =>
    new ModelError("decodeSafetensors", problem, cause === undefined ? undefined : { cause });
  // A Buffer's slice() shares memory; a plain view's copies.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_LENGTH_BYTES)
    throw refuse(`expected at least 8 bytes, got ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  const dataStart = HEADER_LENGTH_BYTES + headerLength;
  if (headerLength > LARGEST_HEADER || dataStart > bytes.length)
    throw refuse(`expected a header within ${bytes.length} bytes, got a length of ${headerLength}`);
  let header: unknown;
  try {
    header = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(
        plain.subarray(HEADER_LENGTH_BYTES, dataStart),
      ),
    );
  } catch (cause) {
    throw refuse("expected a JSON header, got other bytes", cause);
  }
  if (!isRecord(header)) throw refuse(`expected a JSON object as header, got ${typeof header}`);

  const tensors = new Map<string, HostTensor>();
  const metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (!isRecord(entry)) throw refuse(`"${name}" must be an object, got ${String(entry)}`);
    if (name === "__metadata__") {
      for (const [key, value] of Object.entries(entry)) metadata[key] = String(value);
      continue;
    }
    const { dtype, shape, begin, end } = readEntry(name, entry, refuse);
    const size = sizeOfShape(shape);
    if (
      begin < 0 ||
      end < begin ||
      dataStart + end > bytes.length ||
      end - begin !== size * ELEMENT_BYTES[dtype]
    )
      throw refuse(
        `"${name}" must have ${size * ELEMENT_BYTES[dtype]} bytes within the file, got [${begin}, ${end})`,
      );
    // slice() copies, which also aligns the elements for the typed array.
    const raw = plain.slice(dataStart + begin, dataStart + end);
    tensors.set(name, toHostTensor(dtype, shape, raw));
  }
  return { tensors, metadata };
}

/** The tensors of a file as the tree they were written from. */
export function treeOf(file: Safetensors): HostTree {
  return unflattenTree(file.tensors);
}

function readEntry(
  name: string,
  entry: { readonly [key: string]: unknown },
  refuse: (problem: string) => ModelError,
): { dtype: DType; shape: readonly number[]; begin: number; end: number } {
  const { dtype: code, shape, data_offsets: offsets } = entry;
  const dtype = (["float32", "int32", "bool"] as const).find(
    (candidate) => DTYPES[candidate] === code,
  );
  if (dtype === undefined) throw refuse(`"${name}" must be F32, I32 or BOOL, got ${String(code)}`);
  if (!isSizes(shape)) throw refuse(`"${name}" must have a shape, got ${String(shape)}`);
  const [begin, end] = isSizes(offsets) ? offsets : [];
  if (begin === undefined || end === undefined)
    throw refuse(`"${name}" must have two offsets, got ${String(offsets)}`);
  return { dtype, shape, begin, end };
}

function toHostTensor(
  dtype: DType,
  shape: readonly number[],
  raw: Uint8Array<ArrayBuffer>,
): HostTensor {
  const { buffer } = raw;
  if (dtype === "float32") return { dtype, shape, data: new Float32Array(buffer) };
  if (dtype === "int32") return { dtype, shape, data: new Int32Array(buffer) };
  return { dtype, shape, data: raw };
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isTensorNode(node: object): node is HostTensor {
  return isHostTensor(node as HostTensor | HostTree);
}
