import { MCAP_MAGIC, Opcode } from "@mcap/core";

import { LogError } from "../errors.ts";
import { ChunkPacker } from "./ChunkPacker.ts";
import { LogLayout, METADATA_NAME } from "./LogLayout.ts";
import type { LogBytes } from "./LogSource.ts";
import { type OpenedChunk, parseChunk } from "./parseChunk.ts";
import { scanFile } from "./scanFile.ts";

/** A footer with what stands before its content, and the magic number: how every closed file ends. */
const END = 9 + 20 + MCAP_MAGIC.length;

/** Bytes that belong somewhere in a file, where others are. */
export interface Misplaced {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** What is whole in a log file, and where to go on. */
export interface RecoveredLayout {
  /** Continues after the last complete chunk. */
  readonly layout: LogLayout;
  /** Packs the records that come next. */
  readonly packer: ChunkPacker;
  /** The file up to here is as it should be. */
  readonly keep: number;
  /** What belongs at `keep` and is not, or not completely, there: nothing, the start, or a chunk's indices. */
  readonly missing: Uint8Array;
  /** Indices of chunks further up that are not as they should be. */
  readonly wrong: readonly Misplaced[];
  /** Whether the file ends with a footer, as a closed log does. */
  readonly closed: boolean;
  /** Records in complete chunks. */
  readonly records: number;
}

/**
 * Finds out how much of a log file is whole.
 *
 * What a crash left is whole up to its first damage, and the rest is little. A closed file that has been damaged
 * since is another matter: all that lies behind the damage would be lost, so it is refused.
 *
 * @param look Called with each whole chunk, in order.
 * @throws {LogError} If the file is no log of ours, or was closed and is damaged.
 */
export async function recoverLayout(
  bytes: LogBytes,
  where: string,
  look: (chunk: OpenedChunk) => void = () => {},
): Promise<RecoveredLayout> {
  const layout = new LogLayout();
  const packer = new ChunkPacker();
  const size = await bytes.size();
  const begun = { layout, packer, keep: 0, closed: false, records: 0, wrong: [] };
  if (size < MCAP_MAGIC.length && isPrefix(await bytes.read(0, size)))
    return { ...begun, missing: layout.begin({}) };

  const wasClosed = await endsClosed(bytes, size);
  const wrong: Misplaced[] = [];
  let missing: Uint8Array = new Uint8Array(0);
  let records = 0;
  let closed = false;
  let started = false;
  for await (const { opcode, offset, length } of scanFile(bytes, where)) {
    if (opcode === Opcode.FOOTER) {
      const magic = await bytes.read(offset + length, MCAP_MAGIC.length);
      closed = magic.byteLength === MCAP_MAGIC.length && isPrefix(magic);
    } else if (opcode === Opcode.METADATA && !started) {
      started = true;
      const index = { offset: BigInt(offset), length: BigInt(length), name: METADATA_NAME };
      layout.adoptStart(await bytes.read(0, offset + length), [index]);
    } else if (opcode === Opcode.CHUNK && started) {
      if (offset !== layout.position) break;
      const record = await bytes.read(offset, length);
      const chunk = opened(record, where);
      if (chunk === undefined) break;
      records += chunk.messages.length;
      packer.adopt(chunk, (chunk.messages.at(-1)?.sequence ?? -1) + 1);
      const indices = layout.adoptChunk(chunk, record);
      look(chunk);
      const found = await bytes.read(offset + length, indices.byteLength);
      if (Buffer.compare(found, indices) === 0) continue;
      if (wasClosed) {
        wrong.push({ at: offset + length, bytes: indices });
        continue;
      }
      missing = indices;
      break;
    }
  }
  if (wasClosed && !closed)
    throw new LogError(
      where,
      `expected a whole log, got a closed one that is damaged after byte ${layout.position}; nothing was ` +
        `changed: a copy of its first ${layout.position} bytes (head -c) can be repaired`,
    );
  if (!started) return { ...begun, missing: layout.begin({}) };
  const keep = layout.position - missing.byteLength;
  return { layout, packer, keep, missing, wrong, closed, records };
}

/** Whether the file's last bytes are those of a closed one, whatever is before them. */
async function endsClosed(bytes: LogBytes, size: number): Promise<boolean> {
  if (size < END) return false;
  const end = await bytes.read(size - END, END);
  return end[0] === Opcode.FOOTER && isPrefix(end.subarray(END - MCAP_MAGIC.length));
}

function opened(record: Uint8Array, where: string): OpenedChunk | undefined {
  try {
    return parseChunk(record, where);
  } catch (error) {
    // A crash may leave blocks of a chunk unwritten: it and all after it are the torn tail.
    if (error instanceof LogError) return undefined;
    throw error;
  }
}

function isPrefix(bytes: Uint8Array): boolean {
  return bytes.every((byte, i) => byte === MCAP_MAGIC[i]);
}
