import type { Packr } from "msgpackr";

import { type Check, mismatch } from "./check.ts";

/** A message, or in words why these bytes are none. */
export type Decoded<M> =
  | { readonly message: M; readonly problem?: undefined }
  | { readonly problem: string; readonly message?: undefined };

/** A message with the version of its language, as the bytes of one WebSocket frame: msgpack of `[version, message]`. */
export function packMessage(
  packr: Packr,
  version: number,
  message: object,
): Uint8Array<ArrayBuffer> {
  // A copy: msgpackr hands out slices of a pool that pins far more than one message.
  return new Uint8Array(packr.pack([version, message]));
}

/** The message in a frame, checked field by field. Never throws. */
export function unpackMessage<M>(
  packr: Packr,
  version: number,
  frame: Uint8Array,
  check: Check<M>,
): Decoded<M> {
  let value: unknown;
  try {
    value = packr.unpack(frame);
  } catch (cause) {
    return { problem: `message: expected msgpack, got ${String(cause)}` };
  }
  if (!Array.isArray(value) || value.length !== 2)
    return { problem: mismatch("message", "[version, message]", value) };
  if (value[0] !== version) return { problem: mismatch("version", String(version), value[0]) };
  const problem = check(value[1], "message");
  return problem === undefined ? { message: value[1] as M } : { problem };
}
