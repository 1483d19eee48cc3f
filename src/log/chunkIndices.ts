import { type McapTypes, Opcode } from "@mcap/core";

import type { LogBytes } from "./LogSource.ts";
import { scanFile } from "./scanFile.ts";

/** Bytes of a chunk record up to its compressed bytes, with room for the compression's name. */
const CHUNK_HEAD = 9 + 8 + 8 + 8 + 4 + 4 + 16 + 8;
/** Bytes of a message index record up to its channel. */
const INDEX_HEAD = 9 + 2;

/** What an index says of one chunk, while its message indices are still being found. */
type OpenIndex = Omit<McapTypes.ChunkIndex, "messageIndexLength" | "messageIndexOffsets"> & {
  readonly messageIndexOffsets: Map<number, bigint>;
  messageIndexLength: bigint;
};

/**
 * What a file's summary says about its chunks, from the file itself: nobody has to remember it.
 *
 * @param file With small blocks: it reads some bytes at the start of each chunk and of what follows it.
 * @param end Where the chunks end.
 */
export async function* chunkIndices(
  file: LogBytes,
  where: string,
  end: number,
): AsyncGenerator<McapTypes.ChunkIndex> {
  let open: OpenIndex | undefined;
  for await (const { opcode, offset, length } of scanFile(file, where)) {
    if (offset >= end) break;
    if (opcode === Opcode.MESSAGE_INDEX && open !== undefined) {
      const head = await file.read(offset, INDEX_HEAD);
      const channel = new DataView(head.buffer, head.byteOffset).getUint16(9, true);
      open.messageIndexOffsets.set(channel, BigInt(offset));
      open.messageIndexLength += BigInt(length);
      continue;
    }
    if (open !== undefined) yield open;
    open =
      opcode === Opcode.CHUNK
        ? chunkIndex(await file.read(offset, CHUNK_HEAD), offset, length)
        : undefined;
  }
  if (open !== undefined) yield open;
}

function chunkIndex(head: Uint8Array, offset: number, length: number): OpenIndex {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const name = view.getUint32(37, true);
  return {
    messageStartTime: view.getBigUint64(9, true),
    messageEndTime: view.getBigUint64(17, true),
    chunkStartOffset: BigInt(offset),
    chunkLength: BigInt(length),
    messageIndexOffsets: new Map(),
    messageIndexLength: 0n,
    compression: Buffer.from(head.subarray(41, 41 + name)).toString(),
    compressedSize: view.getBigUint64(41 + name, true),
    uncompressedSize: view.getBigUint64(25, true),
  };
}
