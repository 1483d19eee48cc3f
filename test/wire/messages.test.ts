import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";

import { WireError, type WireReason } from "../../src/errors.ts";
import type { Chunk } from "../../src/frames/Chunk.ts";
import { DTYPE_BYTES, type DType } from "../../src/frames/DType.ts";
import { hertz, type Micros, micros, millis } from "../../src/units.ts";
import { checkChunk } from "../../src/wire/checkChunk.ts";
import { decodeMessage } from "../../src/wire/decodeMessage.ts";
import { encodeChunk, encodeNotice, onePart } from "../../src/wire/encodeMessage.ts";

const arrivalTime = micros(1_700_000_000_123_456);
const packr = new Packr({ useRecords: false });

const chunk: Chunk = {
  site: "lab",
  stream: "audio",
  epoch: 0xabcdef012345,
  firstSequence: 7,
  originTimes: [micros(1_700_000_000_000_000), micros(1_700_000_000_010_000)],
  arrivalTime,
  dtype: "i16",
  shape: [3],
  payload: Uint8Array.from([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]),
};

const fields = {
  v: 1,
  kind: "data",
  stream: "audio",
  epoch: 5,
  sequence: 0,
  times: [1_000, 2_000],
  dtype: "i16",
  shape: [3],
};

interface Raw {
  readonly topic?: string | Uint8Array;
  readonly header?: unknown;
  readonly headerBytes?: Uint8Array;
  readonly payload?: Uint8Array;
}

function decodeRaw({ topic = "lab/audio/", header = fields, headerBytes, payload }: Raw) {
  const parts = [
    Buffer.from(topic),
    headerBytes ?? packr.pack(header),
    payload ?? new Uint8Array(12),
  ];
  return decodeMessage(parts, { arrivalTime });
}

function reasonOf(act: () => unknown): WireReason | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof WireError) return error.reason;
    throw error;
  }
  return undefined;
}

const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);
const time = fc.maxSafeNat().map((value) => value as Micros);
const numericDtypes = Object.keys(DTYPE_BYTES).filter((dtype) => dtype !== "utf8") as DType[];

const numericChunk: fc.Arbitrary<Chunk> = fc
  .record({
    site: name,
    stream: name,
    epoch: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    firstSequence: fc.integer({ min: 0, max: 2 ** 52 }),
    originTimes: fc.array(time, { minLength: 1, maxLength: 64 }),
    dtype: fc.constantFrom(...numericDtypes),
    shape: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
  })
  .chain((head) => {
    const size = head.shape.reduce((a, b) => a * b, DTYPE_BYTES[head.dtype]);
    const length = size * head.originTimes.length;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((payload) => ({ ...head, arrivalTime, payload }));
  });

const textChunk: fc.Arbitrary<Chunk> = fc
  .record({
    site: name,
    stream: name,
    epoch: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    firstSequence: fc.nat(),
    texts: fc.array(fc.tuple(time, fc.string({ unit: "grapheme" })), {
      minLength: 1,
      maxLength: 64,
    }),
  })
  .map(({ texts, ...head }) => {
    const payloads = texts.map(([, text]) => Buffer.from(text, "utf8"));
    return {
      ...head,
      arrivalTime,
      originTimes: texts.map(([at]) => at),
      dtype: "utf8" as const,
      shape: [],
      lengths: payloads.map((payload) => payload.byteLength),
      payload: Uint8Array.from(Buffer.concat(payloads)),
    };
  });

describe("a message on the wire", () => {
  it("decodes to the chunk it was encoded from, for every dtype and size", () => {
    fc.assert(
      fc.property(fc.oneof(numericChunk, textChunk), (sent) => {
        const message = decodeMessage(encodeChunk(sent), { arrivalTime });
        expect(message).toEqual({ kind: "data", chunk: sent });
      }),
    );
  });

  it("decodes in one part to what it is in three", () => {
    fc.assert(
      fc.property(fc.oneof(numericChunk, textChunk), (sent) => {
        const message = decodeMessage([onePart(encodeChunk(sent))], { arrivalTime });
        expect(message).toEqual({ kind: "data", chunk: sent });
      }),
    );
    const notice = { kind: "bye", site: "a", stream: "b", epoch: 1, until: micros(5) } as const;
    const part = onePart(encodeNotice({ ...notice, at: micros(6) }));
    expect(decodeMessage([part], { arrivalTime })).toEqual({ ...notice, at: 6, arrivalTime });
  });

  it("decodes to the notice it was encoded from", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("heartbeat" as const, "bye" as const),
        name,
        name,
        fc.integer({ min: 0, max: 2 ** 48 - 1 }),
        time,
        time,
        (kind, site, stream, epoch, until, at) => {
          const notice = { kind, site, stream, epoch, until, at };
          const message = decodeMessage(encodeNotice(notice), { arrivalTime });
          expect(message).toEqual({ ...notice, arrivalTime });
        },
      ),
    );
  });

  it("takes a heartbeat without `at` as said at `until`", () => {
    const header = { v: 1, kind: "heartbeat", stream: "audio", epoch: 5, until: 900 };
    const message = decodeRaw({ header, payload: new Uint8Array(0) });
    expect(message).toMatchObject({ kind: "heartbeat", until: 900, at: 900 });
  });

  it("borrows the payload instead of copying it", () => {
    const parts = encodeChunk(chunk);
    const message = decodeMessage(parts, { arrivalTime });
    expect(message.kind === "data" && message.chunk.payload).toBe(parts[2]);
  });

  it("reads integers however another language wrote them", () => {
    const header = { ...fields, epoch: 5n, sequence: 3n, times: [1_000n, 2_000.0], v: 1n };
    expect(decodeRaw({ header })).toMatchObject({
      chunk: { epoch: 5, firstSequence: 3, originTimes: [1_000, 2_000] },
    });
  });

  it("ignores fields it does not know", () => {
    expect(decodeRaw({ header: { ...fields, gain: 3, note: { deep: [1] } } }).kind).toBe("data");
  });
});

describe("a message that is not one of ours", () => {
  const cases: readonly [string, WireReason, Raw][] = [
    ["a topic without its slash", "topic", { topic: "lab/audio" }],
    ["a topic with a space", "topic", { topic: "lab/au dio/" }],
    ["a topic with too long a name", "topic", { topic: `lab/${"a".repeat(65)}/` }],
    ["a topic of a megabyte", "topic", { topic: new Uint8Array(1 << 20) }],
    ["a header that is a list", "header", { header: [1, 2] }],
    ["a header that is nil", "header", { header: null }],
    [
      "a header with bytes behind it",
      "header",
      {
        headerBytes: Buffer.concat([packr.pack(fields), Buffer.from([0])]),
      },
    ],
    ["no header at all", "header", { headerBytes: new Uint8Array(0) }],
    [
      "a header nested a hundred thousand deep",
      "header",
      {
        headerBytes: new Uint8Array(65_000).fill(0x91),
      },
    ],
    [
      "a header that claims four billion entries",
      "header",
      {
        headerBytes: Uint8Array.from([0xdf, 0xff, 0xff, 0xff, 0xff]),
      },
    ],
    [
      "an extension type as header",
      "header",
      {
        headerBytes: Uint8Array.from([0xd6, 0xff, 0, 0, 0, 1]),
      },
    ],
    [
      "a header over 64 KiB",
      "size",
      {
        header: { ...fields, note: "x".repeat(65_536) },
      },
    ],
    ["another version", "version", { header: { ...fields, v: 2 } }],
    ["no version", "version", { header: { ...fields, v: undefined } }],
    ["another stream than the topic's", "stream", { header: { ...fields, stream: "video" } }],
    ["an unknown kind", "header", { header: { ...fields, kind: "shout" } }],
    ["a negative epoch", "header", { header: { ...fields, epoch: -1 } }],
    ["an epoch of 49 bits", "header", { header: { ...fields, epoch: 2 ** 48 } }],
    ["a fractional sequence", "header", { header: { ...fields, sequence: 0.5 } }],
    ["a sequence that is not a number", "header", { header: { ...fields, sequence: "0" } }],
    ["no times", "times", { header: { ...fields, times: [] } }],
    ["a time beyond 2^53", "times", { header: { ...fields, times: [1n, 2n ** 60n] } }],
    ["a negative time", "times", { header: { ...fields, times: [1, -1] } }],
    ["65 times", "times", { header: { ...fields, times: Array(65).fill(1) } }],
    ["an unknown dtype", "dtype", { header: { ...fields, dtype: "i128" } }],
    ["a dtype from the object's prototype", "dtype", { header: { ...fields, dtype: "toString" } }],
    ["a shape with a zero", "shape", { header: { ...fields, shape: [0] } }],
    ["a shape of nine dimensions", "shape", { header: { ...fields, shape: Array(9).fill(1) } }],
    [
      "a shape whose product overflows",
      "payload",
      {
        header: { ...fields, shape: Array(8).fill(2 ** 52) },
      },
    ],
    ["a payload one byte short", "payload", { payload: new Uint8Array(11) }],
    ["a payload one byte long", "payload", { payload: new Uint8Array(13) }],
    ["lengths with numbers", "payload", { header: { ...fields, lengths: [6, 6] } }],
    ["text with a shape", "shape", { header: { ...fields, dtype: "utf8", lengths: [6, 6] } }],
    ["text without lengths", "payload", { header: { ...fields, dtype: "utf8", shape: [] } }],
    [
      "text whose lengths do not sum up",
      "payload",
      {
        header: { ...fields, dtype: "utf8", shape: [], lengths: [6, 5] },
      },
    ],
    [
      "text that is not UTF-8",
      "payload",
      {
        header: { ...fields, dtype: "utf8", shape: [], lengths: [6, 6] },
        payload: new Uint8Array(12).fill(0xff),
      },
    ],
    [
      "text cut within a character",
      "payload",
      {
        header: { ...fields, dtype: "utf8", shape: [], lengths: [1, 1] },
        payload: Uint8Array.from([0xc3, 0xa4]),
      },
    ],
    [
      "a heartbeat with a payload",
      "payload",
      {
        header: { v: 1, kind: "heartbeat", stream: "audio", epoch: 5, until: 1 },
      },
    ],
    [
      "a bye without a time",
      "times",
      {
        header: { v: 1, kind: "bye", stream: "audio", epoch: 5 },
        payload: new Uint8Array(0),
      },
    ],
  ];

  it.each(cases)("is refused: %s (%s)", (_what, reason, raw) => {
    expect(reasonOf(() => decodeRaw(raw))).toBe(reason);
  });

  it("is refused for its number of parts", () => {
    const parts = encodeChunk(chunk);
    for (const wrong of [[], parts.slice(0, 2), [...parts, new Uint8Array(0)]])
      expect(reasonOf(() => decodeMessage(wrong, { arrivalTime }))).toBe("parts");
  });

  it("is refused when in one part it claims a longer header than it has", () => {
    const part = onePart(encodeChunk(chunk));
    part.set([0xff, 0xff, 0xff, 0xff], "lab/audio/".length);
    expect(reasonOf(() => decodeMessage([part], { arrivalTime }))).toBe("header");
  });

  it("is refused when its one part is truncated at any length", () => {
    const part = onePart(encodeChunk(chunk));
    for (let length = 0; length < part.byteLength; length++)
      expect(
        reasonOf(() => decodeMessage([part.subarray(0, length)], { arrivalTime })),
      ).toBeDefined();
  });

  it("is refused for a payload over the limit", () => {
    const act = () => decodeMessage(encodeChunk(chunk), { arrivalTime, maxPayload: 11 });
    expect(reasonOf(act)).toBe("size");
  });

  it("is refused when any part is truncated at any length", () => {
    const whole = encodeChunk(chunk);
    for (const [index, part] of whole.entries())
      for (let length = 0; length < part.byteLength; length++) {
        const parts = whole.with(index, part.subarray(0, length));
        expect(reasonOf(() => decodeMessage(parts, { arrivalTime }))).toBeDefined();
      }
  });

  it("only ever throws WireError, on any bytes", () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), (parts) => {
        reasonOf(() => decodeMessage(parts, { arrivalTime }));
      }),
      { numRuns: 2_000 },
    );
  });

  it("only ever throws WireError, on any header behind a good topic", () => {
    const header = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .dictionary(fc.constantFrom(...Object.keys(fields), "lengths"), fc.anything())
        .map((map) => {
          return packable(map);
        }),
    );
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 32 }), (headerBytes, payload) => {
        reasonOf(() => decodeRaw({ headerBytes, payload }));
      }),
      { numRuns: 2_000 },
    );
  });

  it("only ever throws WireError, with any few bytes of a good message changed", () => {
    const whole = encodeChunk(chunk);
    const flips = fc.array(fc.tuple(fc.nat(2), fc.nat(400), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(flips, (changes) => {
        const parts = whole.map((part) => Uint8Array.from(part));
        for (const [part, at, value] of changes) {
          const bytes = parts[part];
          if (bytes) bytes[at % bytes.length] = value;
        }
        reasonOf(() => decodeMessage(parts, { arrivalTime }));
        expect(decodeMessage(whole, { arrivalTime })).toEqual({ kind: "data", chunk });
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("checkChunk", () => {
  const description = {
    site: "lab",
    stream: "audio",
    modality: "audio" as const,
    dtype: "i16" as const,
    shape: [3],
    rate: hertz(100),
    unit: "PCM",
    lateness: millis(0),
    idleTimeout: millis(200),
  };

  it("accepts what the stream declared", () => {
    checkChunk(chunk, description);
  });

  it("refuses another dtype or shape", () => {
    const act = (other: Partial<Chunk>) => () => checkChunk({ ...chunk, ...other }, description);
    expect(reasonOf(act({ dtype: "u16" }))).toBe("dtype");
    expect(reasonOf(act({ shape: [4] }))).toBe("shape");
    expect(reasonOf(act({ shape: [3, 1] }))).toBe("shape");
    expect(reasonOf(act({ shape: [] }))).toBe("shape");
  });

  it("leaves the shape of text alone", () => {
    checkChunk({ ...chunk, dtype: "utf8", shape: [] }, { ...description, dtype: "utf8" });
  });
});

/** msgpack of anything fast-check comes up with; what cannot be packed is an empty map. */
function packable(value: unknown): Uint8Array {
  try {
    return packr.pack(value);
  } catch {
    return packr.pack({});
  }
}
