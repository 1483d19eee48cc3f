import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ModelError } from "../../src/errors.ts";
import { decodeNpy } from "../../src/learn/npy.ts";

describe("decodeNpy", () => {
  it("reads each dtype with its shape, also from an odd offset", () => {
    const values = [1, 2, 3, 4, 5, 6];
    const kinds = [
      ["|u1", Uint8Array.from(values)],
      ["|i1", Int8Array.from(values)],
      ["<i2", Int16Array.from(values)],
      ["<u2", Uint16Array.from(values)],
      ["<i4", Int32Array.from(values)],
      ["<f4", Float32Array.from(values)],
    ] as const;
    for (const [descr, data] of kinds) {
      const file = npy(descr, "(2, 3)", data);
      expect(decodeNpy(file)).toEqual({ shape: [2, 3], data });
      const shifted = new Uint8Array(file.length + 1);
      shifted.set(file, 1);
      expect(decodeNpy(shifted.subarray(1)).data).toEqual(data);
    }
  });

  it("reads vectors and scalars", () => {
    expect(decodeNpy(npy("|u1", "(3,)", Uint8Array.of(7, 8, 9))).shape).toEqual([3]);
    expect(decodeNpy(npy("|u1", "()", Uint8Array.of(7)))).toEqual({
      shape: [],
      data: Uint8Array.of(7),
    });
  });

  it("refuses what it would read wrongly: other versions, types, orders and lengths", () => {
    const good = npy("|u1", "(3,)", Uint8Array.of(7, 8, 9));
    const version2 = good.slice();
    version2[6] = 2;
    for (const bad of [
      version2,
      good.subarray(0, good.length - 1),
      good.subarray(0, 6),
      new Uint8Array(0),
      npy("<f8", "(1,)", new Float64Array(1)),
      npy(">i2", "(1,)", new Int16Array(1)),
      npy("|u1", "(3,)", Uint8Array.of(7, 8, 9), "True"),
      npy("|u1", "(2,)", Uint8Array.of(7, 8, 9)),
      npy("<i2", "(1,)", Uint8Array.of(7, 8, 9)),
    ])
      expect(() => decodeNpy(bad)).toThrow(ModelError);
  });

  it("throws only ModelError, on any bytes and at any truncation", () => {
    const whole = npy("<i2", "(2,)", Int16Array.of(1, 2));
    const cut = fc.nat(whole.length - 1).map((length) => whole.subarray(0, length));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), cut), (bytes) => {
        expect(() => decodeNpy(bytes)).toThrow(ModelError);
      }),
    );
  });
});

function npy(descr: string, shape: string, data: ArrayBufferView, fortran = "False"): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;
  const header = `${text.padEnd(117)}\n`;
  const file = new Uint8Array(10 + header.length + data.byteLength);
  file.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0]);
  file.set(new TextEncoder().encode(header), 10);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + header.length);
  return file;
}
