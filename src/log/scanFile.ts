import { MCAP_MAGIC, Opcode } from "@mcap/core";

import { LogError } from "../errors.ts";
import type { LogBytes } from "./LogSource.ts";

/** Bytes of a record before its content: opcode and length. */
const RECORD_HEAD = 9;
/** Bytes before a text: its length. */
const TEXT_LENGTH = 4;
/** More of a profile's name is not looked at. */
const LONGEST_PROFILE = 32;
/** Bytes at the start of a chunk's content: first and last log time. */
const CHUNK_TIMES = 16;
/** What the header of our logs says they are: another program's file must not be read, or mended, as one. */
export const PROFILE = "sensorium";
/** Longer than any record of ours: a damaged length must not make us wait for the file to grow. */
const LARGEST_RECORD = 2 ** 31;

/** One record of the file as it lies there; its content is not read yet. */
export interface FileRecord {
  readonly opcode: number;
  /** Where the record starts. */
  readonly offset: number;
  /** Bytes of the whole record. */
  readonly length: number;
  /** First and last log time in ns, of chunks only. */
  readonly times?: readonly [from: bigint, to: bigint];
}

/**
 * Walks the records of an MCAP file, whatever may be missing at its end.
 *
 * Ends at the first record that is not there completely, or after the footer. Reads only the heads, so a
 * chunk that is not wanted costs one small read.
 *
 * @param from Where a record starts, as an earlier walk has found; the first one unless given.
 * @throws {LogError} Before the first record, if the file is too short, not MCAP or another program's.
 */
export async function* scanFile(
  bytes: LogBytes,
  where: string,
  from: number = MCAP_MAGIC.length,
): AsyncGenerator<FileRecord> {
  const magic = await bytes.read(0, MCAP_MAGIC.length);
  if (!MCAP_MAGIC.every((byte, i) => magic[i] === byte)) {
    const got = magic.byteLength === 0 ? "an empty file" : `one that starts with [${magic}]`;
    throw new LogError(where, `expected an MCAP file, got ${got}`);
  }
  await expectOurs(bytes, where);
  let offset = from;
  let size = await bytes.size();
  for (;;) {
    const head = await bytes.read(offset, RECORD_HEAD + CHUNK_TIMES);
    if (head.byteLength < RECORD_HEAD) return;
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const opcode = view.getUint8(0);
    const length = RECORD_HEAD + Number(view.getBigUint64(1, true));
    if (length > LARGEST_RECORD) return;
    if (offset + length > size) size = await bytes.size();
    if (offset + length > size) return;
    if (opcode === Opcode.CHUNK && head.byteLength === RECORD_HEAD + CHUNK_TIMES)
      yield {
        opcode,
        offset,
        length,
        times: [view.getBigUint64(RECORD_HEAD, true), view.getBigUint64(RECORD_HEAD + 8, true)],
      };
    else yield { opcode, offset, length };
    if (opcode === Opcode.FOOTER) return;
    offset += length;
  }
}

/** @throws {LogError} If the file begins as another program's; of what is not there yet nothing is said. */
async function expectOurs(bytes: LogBytes, where: string): Promise<void> {
  const start = MCAP_MAGIC.length;
  const head = await bytes.read(start, RECORD_HEAD + TEXT_LENGTH);
  if (head.byteLength < RECORD_HEAD + TEXT_LENGTH) return;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const length = Math.min(view.getUint32(RECORD_HEAD, true), LONGEST_PROFILE);
  const text = await bytes.read(start + RECORD_HEAD + TEXT_LENGTH, length);
  if (text.byteLength < length) return;
  const profile = Buffer.from(text).toString();
  if (view.getUint8(0) !== Opcode.HEADER || profile !== PROFILE)
    throw new LogError(
      where,
      `expected a log of sensorium, got another program's MCAP file (profile "${profile}"): ` +
        "sensorium import makes a log of it",
    );
}
