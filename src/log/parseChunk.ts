import { McapStreamReader, type McapTypes, Opcode } from "@mcap/core";

import { LogError } from "../errors.ts";
import type { ChunkContent } from "./ChunkPacker.ts";
import { decompress } from "./zstd.ts";

const RECORD_HEAD = 9;

/** A chunk of the file, opened. */
export interface OpenedChunk extends ChunkContent {
  /** In the order in which they were appended; their data are views of the chunk's bytes. */
  readonly messages: readonly McapTypes.Message[];
}

/**
 * Opens one chunk.
 *
 * @param record The chunk's whole record, head included.
 * @param where The file, for the error.
 * @throws {LogError} If the chunk is damaged: checksum, compression or structure.
 */
export function parseChunk(record: Uint8Array, where: string): OpenedChunk {
  try {
    return parse(record);
  } catch (cause) {
    throw new LogError(where, "expected an intact chunk, got a damaged one", { cause });
  }
}

function parse(record: Uint8Array): OpenedChunk {
  const reader = new McapStreamReader({
    noMagicPrefix: true,
    includeChunks: true,
    decompressHandlers: { zstd: (bytes, size) => decompress(bytes, Number(size)) },
  });
  reader.append(record);
  const chunk = reader.nextRecord();
  if (chunk?.type !== "Chunk") throw new LogError("chunk", `expected a chunk, got ${chunk?.type}`);
  const indices = new Map<number, McapTypes.MessageIndex>();
  const channels: McapTypes.Channel[] = [];
  const schemas: McapTypes.Schema[] = [];
  const messages: McapTypes.Message[] = [];
  let offset = 0;
  for (let item = reader.nextRecord(); item !== undefined; item = reader.nextRecord()) {
    switch (item.type) {
      case "Schema":
        schemas.push(item);
        offset +=
          RECORD_HEAD + 2 + text(item.name) + text(item.encoding) + 4 + item.data.byteLength;
        break;
      case "Channel":
        channels.push(item);
        indices.set(item.id, indices.get(item.id) ?? { channelId: item.id, records: [] });
        offset += RECORD_HEAD + 2 + 2 + text(item.topic) + text(item.messageEncoding) + 4;
        for (const [key, value] of item.metadata) offset += text(key) + text(value);
        break;
      case "Message":
        messages.push(item);
        indices.get(item.channelId)?.records.push([item.logTime, BigInt(offset)]);
        offset += RECORD_HEAD + 2 + 4 + 8 + 8 + item.data.byteLength;
        break;
      default:
        throw new LogError(
          "chunk",
          `expected a record of opcode ${Opcode.MESSAGE}, got ${item.type}`,
        );
    }
  }
  return {
    size: Number(chunk.uncompressedSize),
    from: chunk.messageStartTime,
    to: chunk.messageEndTime,
    indices: [...indices.values()],
    channels,
    schemas,
    messages,
  };
}

/** Bytes of a string with its length. */
function text(value: string): number {
  return 4 + Buffer.byteLength(value);
}
