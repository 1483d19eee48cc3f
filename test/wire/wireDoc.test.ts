import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import type { WireReason } from "../../src/errors.ts";
import type { Chunk } from "../../src/frames/Chunk.ts";
import { DTYPE_BYTES } from "../../src/frames/DType.ts";
import { defineStream, type StreamDescription } from "../../src/frames/StreamDescription.ts";
import { micros } from "../../src/units.ts";
import {
  type ControlMessage,
  decodeControl,
  encodeControl,
} from "../../src/wire/controlMessage.ts";
import { decodeMessage } from "../../src/wire/decodeMessage.ts";
import { encodeChunk, encodeNotice, onePart } from "../../src/wire/encodeMessage.ts";
import type { StreamNotice } from "../../src/wire/WireMessage.ts";

const doc = readFileSync(new URL("../../docs/wire.md", import.meta.url), "utf8");
const arrivalTime = micros(1);

interface Vector {
  readonly name: string;
  readonly message: Record<string, unknown>;
  /** Bytes by part: topic, header, payload; or control. */
  readonly parts: Readonly<Record<string, Uint8Array>>;
}

const VECTOR = /^### ([^\n]+)\n[^#]*?```json\n([^`]*)```\s+```hex\n([^`]*)```/gm;

const vectors: readonly Vector[] = [...doc.matchAll(VECTOR)].map(
  ([, name = "", json = "", hex = ""]) => ({
    name,
    message: JSON.parse(json) as Record<string, unknown>,
    parts: Object.fromEntries(
      [...hex.matchAll(/(\w+):([\s\da-f]*)(?=\n\w|\n$)/g)].map(([, part = "", digits = ""]) => [
        part,
        Uint8Array.from(Buffer.from(digits.replace(/\s/g, ""), "hex")),
      ]),
    ),
  }),
);

function threeParts({ parts }: Vector): Uint8Array[] {
  return ["topic", "header", "payload"].map((part) => parts[part] ?? new Uint8Array(0));
}

describe("docs/wire.md", () => {
  it("has a vector for each kind of message", () => {
    expect(vectors.map(({ name }) => name)).toEqual([
      "data",
      "data, written by Python",
      "data, in one part",
      "text",
      "heartbeat",
      "bye",
      "hello",
      "hello, with what is to come",
      "refused",
      "welcome",
      "tick",
      "probe",
      "echo",
    ]);
  });

  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    "gives the very bytes of %s",
    (name, vector) => {
      const { message, parts } = vector;
      if (parts["control"] !== undefined) {
        const control = message as unknown as ControlMessage;
        expect(encodeControl(control)).toEqual(parts["control"]);
        expect(decodeControl(parts["control"])).toEqual(control);
        return;
      }
      if (parts["part"] !== undefined) {
        const { kind, ...fields } = message;
        const decoded = decodeMessage([parts["part"]], { arrivalTime });
        const { payload } = (decoded as { chunk: Chunk }).chunk;
        expect(decoded).toEqual({ kind, chunk: { ...fields, arrivalTime, payload } });
        const whole = encodeChunk({ ...(fields as unknown as Chunk), payload });
        expect(onePart(whole)).toEqual(parts["part"]);
        return;
      }
      const [, , payload = new Uint8Array(0)] = threeParts(vector);
      const decoded = decodeMessage(threeParts(vector), { arrivalTime });
      const hex = (sent: readonly Uint8Array[]) =>
        sent.map((part) => Buffer.from(part).toString("hex"));
      if (message["kind"] === "data") {
        const { kind, ...fields } = message;
        const chunk = { ...fields, arrivalTime, payload } as unknown as Chunk;
        expect(decoded).toEqual({ kind, chunk });
        if (!name.includes("Python"))
          expect(hex(encodeChunk(chunk))).toEqual(hex(threeParts(vector)));
      } else {
        expect(decoded).toEqual({ ...message, arrivalTime });
        const notice = message as unknown as StreamNotice;
        expect(hex(encodeNotice(notice))).toEqual(hex(threeParts(vector)));
      }
    },
  );

  it("names every reason and every dtype", () => {
    const reasons: Record<WireReason, true> = {
      parts: true,
      topic: true,
      header: true,
      version: true,
      stream: true,
      dtype: true,
      shape: true,
      times: true,
      payload: true,
      size: true,
      "unknown-stream": true,
    };
    for (const reason of Object.keys(reasons)) expect(doc).toContain(`| \`${reason}\` |`);
    for (const dtype of Object.keys(DTYPE_BYTES)) expect(doc).toContain(`\`${dtype}\``);
  });

  it("shows a stream's description that can be used as it is", () => {
    const [, json = ""] = /## Streams as JSON[^#]*?```json\n([^`]*)```/.exec(doc) ?? [];
    const description = JSON.parse(json) as StreamDescription;
    expect(defineStream(description)).toBe(description);
  });
});
