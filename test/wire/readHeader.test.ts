import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";

import { AsciiCache } from "../../src/wire/AsciiCache.ts";
import { readAnyHeader, readHeader, readPlainHeader } from "../../src/wire/readHeader.ts";

const packr = new Packr({ useRecords: false });
const KEYS = [
  ...["v", "kind", "stream", "epoch", "sequence", "times", "dtype", "shape", "lengths"],
  ...["until", "at"],
];

const integer = fc.oneof(
  fc.nat(300),
  fc.nat(),
  fc.maxSafeNat(),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -1n }),
);
const value = fc.oneof(
  integer,
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 5 }),
  fc.array(integer, { maxLength: 70 }),
  fc.constantFrom(null, true, 1.5, 1e300, [[1]], {}, ["a"]),
);
const key = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...KEYS) },
  { weight: 1, arbitrary: fc.constantFrom("note", "toString", "__proto__", "") },
);
const header = fc
  .array(fc.tuple(key, value), { maxLength: 20 })
  .map((entries) => Uint8Array.from(packr.pack(new Map(entries))));

function read(bytes: Uint8Array) {
  return readPlainHeader(bytes, 0, bytes.byteLength);
}

describe("readPlainHeader", { timeout: 60_000 }, () => {
  it("gives what msgpackr gives, or nothing, for every header", () => {
    let plain = 0;
    fc.assert(
      fc.property(header, (bytes) => {
        const fields = read(bytes);
        if (fields === undefined) return;
        plain++;
        expect(fields).toEqual(readAnyHeader(bytes));
      }),
      { numRuns: 3_000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  it("gives what msgpackr gives, or nothing, with bytes changed, cut or added", () => {
    const change = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 });
    let plain = 0;
    fc.assert(
      fc.property(header, change, fc.integer({ min: -3, max: 3 }), (whole, changes, longer) => {
        const bytes = new Uint8Array(Math.max(0, whole.byteLength + longer));
        bytes.set(whole.subarray(0, bytes.byteLength));
        for (const [at, byte] of changes) if (at < bytes.byteLength) bytes[at] = byte;
        const fields = read(bytes);
        if (fields === undefined) return;
        plain++;
        expect(fields).toEqual(readAnyHeader(bytes));
      }),
      { numRuns: 5_000 },
    );
    expect(plain).toBeGreaterThan(50);
  });

  it("reads what we and what Python write, without msgpackr's help", () => {
    const sequence = 70_000;
    const times = [1_700_000_000_000_000, 3, 200];
    const fields = { v: 1, kind: "data", stream: "imu", epoch: 1, sequence, dtype: "u8" };
    const packed = packr.pack({ ...fields, times: times.map(BigInt), shape: [300] });
    expect(read(packed)).toMatchObject({ ...fields, times, shape: [300] });
    const python = Buffer.from("82a17601a574696d657391cf00060a24181e4000", "hex");
    expect(read(python)).toMatchObject({ v: 1, times: [1_700_000_000_000_000] });
  });

  it("reads a header in the midst of other bytes, and nothing beyond it", () => {
    const packed = packr.pack({ v: 1, kind: "bye" });
    const bytes = Buffer.concat([Buffer.alloc(3, 0xff), packed, Buffer.alloc(9, 0x01)]);
    expect(readHeader(bytes, 3, 3 + packed.byteLength)).toMatchObject({ v: 1, kind: "bye" });
    expect(readHeader(bytes, 3, 2 + packed.byteLength)).toBeUndefined();
    expect(readHeader(bytes, 3, 4 + packed.byteLength)).toBeUndefined();
  });

  it("leaves to msgpackr what only that can read", () => {
    const bytes = packr.pack({ v: 1, stream: "é", epoch: 2 ** 40, extra: { deep: [1] } });
    expect(read(bytes)).toBeUndefined();
    expect(readHeader(bytes, 0, bytes.byteLength)).toMatchObject({ stream: "é", epoch: 2 ** 40 });
  });
});

describe("AsciiCache", () => {
  it("makes a text once, and gives the right one however many there are", () => {
    let made = 0;
    const cache = new AsciiCache((text) => {
      made++;
      return `<${text}>`;
    });
    const get = (text: string) => cache.get(Buffer.from(`--${text}--`), 2, 2 + text.length);
    expect([get("times"), get("times"), get("")]).toEqual(["<times>", "<times>", "<>"]);
    expect(made).toBe(2);
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]{0,130}$/), (text) => {
        expect(get(text)).toBe(`<${text}>`);
      }),
      { numRuns: 2_000 },
    );
  });

  it("tells texts apart that fall into the same place", () => {
    const cache = new AsciiCache((text) => text);
    const get = (text: string) => cache.get(Buffer.from(text), 0, text.length);
    // The same sum of characters times powers of 31.
    const alike = ["Aa", "BB", "AaAa", "BBBB", "AaBB", "BBAa"];
    for (let round = 0; round < 2; round++) expect(alike.map(get)).toEqual(alike);
  });

  it("knows no text that is not ASCII, or long", () => {
    const cache = new AsciiCache((text) => text);
    expect(cache.get(Buffer.from("é"), 0, 2)).toBeUndefined();
    expect(cache.get(Buffer.alloc(131, 0x61), 0, 131)).toBeUndefined();
  });
});
