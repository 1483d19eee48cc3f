import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { LogError } from "../../src/errors.ts";
import { packValue, unpackValue } from "../../src/log/packValue.ts";

const anyNumbers = fc.oneof(fc.uint8Array(), fc.int32Array(), fc.float32Array(), fc.float64Array());
const anyPackable = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.string({ unit: "binary" }),
    anyNumbers,
    fc.array(tie("value")),
    fc.dictionary(
      fc.string().filter((name) => name !== "$" && name !== "__proto__"),
      tie("value"),
      { noNullPrototype: true },
    ),
  ),
})).value;

describe("a packed value", () => {
  it("comes back as it was, every number in full", () => {
    fc.assert(
      fc.property(anyPackable, (value) => {
        const bytes = packValue(value);
        // The bytes may lie anywhere in a message.
        const shifted = new Uint8Array(bytes.byteLength + 3);
        shifted.set(bytes, 3);
        expect(unpackValue(shifted.subarray(3))).toStrictEqual(value);
        expect(packValue(value)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it("shares nothing with its bytes", () => {
    const bytes = packValue({ numbers: Float32Array.of(1, 2, 3) });
    const value = unpackValue(bytes);
    bytes.fill(0);
    expect(value).toEqual({ numbers: Float32Array.of(1, 2, 3) });
  });

  it("is refused where it holds what cannot be kept", () => {
    for (const value of [new Map(), () => 1, 1n, { $: 1 }, new Int16Array(1), undefined])
      expect(() => packValue({ value: [value] })).toThrow(LogError);
  });

  it("is refused where the bytes are damaged", () => {
    const bytes = packValue({ numbers: new Float64Array(100) });
    expect(() => unpackValue(bytes.subarray(0, 200))).toThrow(LogError);
    expect(() => unpackValue(new Uint8Array(2))).toThrow(LogError);
  });
});
