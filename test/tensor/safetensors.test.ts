import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ModelError } from "../../src/errors.ts";
import { hostTensor } from "../../src/tensor/HostTensor.ts";
import { decodeSafetensors, encodeSafetensors, treeOf } from "../../src/tensor/safetensors.ts";

const tree = {
  params: {
    w: hostTensor(Float32Array.of(1, -2, 3.5, 4, 5, 6), [2, 3]),
    b: hostTensor(Float32Array.of(0.5), [1]),
  },
  counts: hostTensor(Int32Array.of(7, -8), [2]),
  mask: hostTensor(Uint8Array.of(1, 0, 1), [3]),
  none: hostTensor(new Float32Array(0), [0, 4]),
};

describe("safetensors", () => {
  it("gives back the tree, dtypes, shapes and metadata that went in", () => {
    const file = decodeSafetensors(encodeSafetensors(tree, { seed: "7", data: "GRID" }));
    expect(treeOf(file)).toEqual(tree);
    expect(file.metadata).toEqual({ seed: "7", data: "GRID" });
  });

  it("writes what the format says: a length, a padded JSON header, aligned data", () => {
    const bytes = encodeSafetensors({
      b: hostTensor(Uint8Array.of(9), [1]),
      a: hostTensor(Float32Array.of(1), []),
    });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      a: { dtype: "F32", shape: [], data_offsets: [0, 4] },
      b: { dtype: "BOOL", shape: [1], data_offsets: [4, 5] },
    });
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 9]);
  });

  it("puts larger elements first, whatever their names, so that all are aligned", () => {
    const bytes = encodeSafetensors({
      a: hostTensor(Uint8Array.of(9), [1]),
      b: hostTensor(Int32Array.of(1), [1]),
    });
    expect([...bytes.subarray(-5)]).toEqual([1, 0, 0, 0, 9]);
  });

  it("gives the same bytes whatever order the names came in", () => {
    const { params, counts } = tree;
    expect(encodeSafetensors({ params, counts })).toEqual(encodeSafetensors({ counts, params }));
  });

  it("reads a Buffer that is a window into a larger one", () => {
    const bytes = encodeSafetensors(tree);
    const large = Buffer.alloc(bytes.length + 13, 0xff);
    large.set(bytes, 5);
    expect(treeOf(decodeSafetensors(large.subarray(5, 5 + bytes.length)))).toEqual(tree);
  });

  it("refuses every truncation and any bytes that are not such a file", () => {
    const bytes = encodeSafetensors(tree);
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(ModelError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        expect(() => decodeSafetensors(noise)).toThrow(ModelError);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it("names the tensor whose dtype, shape or extent is wrong", () => {
    const withHeader = (header: object): Uint8Array => {
      const text = new TextEncoder().encode(JSON.stringify(header));
      const bytes = new Uint8Array(8 + text.length + 4);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
      bytes.set(text, 8);
      return bytes;
    };
    const entry = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
    expect(() => decodeSafetensors(withHeader({ w: { ...entry, dtype: "F64" } }))).toThrow(
      '"w" must be F32, I32 or BOOL, got F64',
    );
    expect(() => decodeSafetensors(withHeader({ w: { ...entry, shape: [0] } }))).toThrow(
      '"w" must have 0 bytes within the file, got [0, 4)',
    );
    expect(() => decodeSafetensors(withHeader({ w: { ...entry, shape: [2] } }))).toThrow(
      ModelError,
    );
    expect(() => decodeSafetensors(withHeader({ w: { ...entry, data_offsets: [0, 8] } }))).toThrow(
      ModelError,
    );
    expect(decodeSafetensors(withHeader({ w: entry })).tensors.size).toBe(1);
  });
});
