import fc from "fast-check";
import { pack } from "msgpackr";
import { describe, expect, it } from "vitest";

import {
  decodeClientMessage,
  decodeMessage,
  encodeClientMessage,
  encodeMessage,
  PROTOCOL_VERSION,
  type Row,
} from "../../src/server/protocol.ts";
import { micros } from "../../src/units.ts";
import { CLIENT_MESSAGES, SERVER_MESSAGES, START } from "../support/sampleMessages.ts";

/** Buffers are byte arrays too, but not equal ones to vitest. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
}

describe("the protocol", () => {
  it.each(SERVER_MESSAGES.map((message) => [message.kind, message] as const))(
    "brings a %s message over unchanged",
    (_kind, message) => {
      const { message: got, problem } = decodeMessage(encodeMessage(message));
      expect(problem).toBeUndefined();
      expect(plain(got)).toEqual(plain(message));
    },
  );

  it.each(CLIENT_MESSAGES.map((message) => [message.kind, message] as const))(
    "brings a client's %s over unchanged",
    (_kind, message) => {
      expect(decodeClientMessage(encodeClientMessage(message))).toEqual({ message });
    },
  );

  it("brings any rows over unchanged, to the precision of a 32-bit float", () => {
    const candidate = fc.record({
      class: fc.integer({ min: 0, max: 51 }),
      probability: fc.float({ min: 0, max: 1, noNaN: true }),
    });
    const stream = fc.oneof(
      fc.record({ presence: fc.constant("missing" as const), reason: fc.constant("idle") }),
      fc.record({
        presence: fc.constantFrom("real" as const, "held" as const, "interpolated" as const),
        reading: fc.record({
          code: fc.integer({ min: 0, max: 4_095 }),
          margin: fc.float({ min: 0, max: 8, noNaN: true }),
          weight: fc.float({ min: 0, max: 1, noNaN: true }),
          top: fc.array(candidate, { maxLength: 5 }),
        }),
        view: fc.uint8Array({ maxLength: 8 }),
      }),
    );
    const row = fc.record({
      time: fc.integer({ min: 0, max: 2 ** 52 }).map(micros),
      fused: fc.array(candidate, { maxLength: 5 }),
      streams: fc.dictionary(fc.constantFrom("audio", "video", "text"), stream, {
        noNullPrototype: true,
      }),
      subsets: fc.uniqueArray(
        fc.record({
          streams: fc.constantFrom(["audio"], ["video"], ["audio", "video"]),
          class: fc.integer({ min: 0, max: 51 }),
          probability: fc.constant(0.5),
        }),
        { selector: (subset) => subset.streams.join(), maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 6 }), (rows) => {
        const { message } = decodeMessage(encodeMessage({ kind: "rows", rows }));
        const got = message?.kind === "rows" ? message.rows : [];
        const sorted = (list: readonly Row[]): unknown =>
          list.map(({ subsets, ...rest }) => ({
            ...rest,
            subsets: [...subsets].sort((a, b) => (a.streams.join() < b.streams.join() ? -1 : 1)),
          }));
        expect(plain(sorted(got))).toEqual(plain(sorted(rows)));
      }),
    );
  });

  it("says what is wrong instead of throwing, whatever bytes come", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (frame) => {
        expect(decodeMessage(frame).problem).toBeTypeOf("string");
        expect(decodeClientMessage(frame).problem).toBeTypeOf("string");
      }),
    );
  });

  it.each(SERVER_MESSAGES.map((message) => [message.kind, message] as const))(
    "refuses a %s message cut off at any length",
    (_kind, message) => {
      const frame = encodeMessage(message);
      for (let length = 0; length < frame.length; length += 1)
        expect(decodeMessage(frame.subarray(0, length)).problem, `${length}`).toBeTypeOf("string");
    },
  );

  it("never turns a damaged message into one that breaks the types", () => {
    const [hello] = SERVER_MESSAGES;
    const rows = SERVER_MESSAGES.find((message) => message.kind === "rows");
    for (const message of [hello, rows]) {
      if (message === undefined) throw new Error("no sample");
      const frame = encodeMessage(message);
      for (let at = 0; at < frame.length; at += 1) {
        const damaged = frame.slice();
        damaged[at] = (damaged[at] ?? 0) ^ 0xff;
        const result = decodeMessage(damaged);
        expect((result.problem === undefined) !== (result.message === undefined)).toBe(true);
      }
    }
  });

  const refused: [string, unknown, RegExp][] = [
    [
      "another version",
      [PROTOCOL_VERSION + 1, { kind: "ping", id: 1 }],
      /^version: expected 1, got 2/,
    ],
    ["no envelope", { kind: "ping", id: 1 }, /expected \[version, message\], got a map/],
    [
      "an unknown kind",
      [1, { kind: "reboot" }],
      /message\.kind: expected unplug \| replug \| ping/,
    ],
    ["a missing field", [1, { kind: "ping" }], /message\.id: expected an integer .* got undefined/],
    ["a wrong type", [1, { kind: "unplug", stream: 7 }], /message\.stream: expected text .* got 7/],
    ["an endless name", [1, { kind: "unplug", stream: "x".repeat(65) }], /at most 64/],
    ["an inherited field", [1, { kind: "toString" }], /message\.kind/],
  ];
  it.each(refused)("refuses %s from a client and says so", (_name, value, words) => {
    expect(decodeClientMessage(pack(value)).problem).toMatch(words);
  });

  it("refuses columns that are not as long as there are rows", () => {
    const columns = {
      kind: "rows",
      times: [START],
      fused: { width: 2, classes: [1], probabilities: [1, 0] },
      streams: {},
      subsets: [],
    };
    expect(decodeMessage(pack([1, columns])).problem).toBe(
      "message.fused.classes: expected 2 values, got 1",
    );
  });

  it("ignores fields it does not know, so that a newer server can add some", () => {
    const frame = pack([1, { kind: "pong", id: 1, time: START, colour: "red" }]);
    expect(decodeMessage(frame).message).toMatchObject({ kind: "pong", id: 1, time: START });
  });

  it("spends under 150 bytes on each sample row of a long batch, key names included", () => {
    const sample = SERVER_MESSAGES.find((message) => message.kind === "rows");
    const row = sample?.kind === "rows" ? sample.rows[0] : undefined;
    if (row === undefined) throw new Error("no sample");
    const rows = Array.from({ length: 500 }, (_, index) => ({
      ...row,
      time: micros(START + index * 40_000),
    }));
    expect(encodeMessage({ kind: "rows", rows }).byteLength / 500).toBeLessThan(150);
  });
});
