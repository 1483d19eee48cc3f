import { crc32 } from "node:zlib";

import { McapChunkBuilder, McapRecordBuilder, type McapTypes, Opcode } from "@mcap/core";
import { encodeRecord } from "./encodeRecord.ts";
import { channelKey, channelOf } from "./LogChannel.ts";
import type { LogRecord } from "./LogRecord.ts";
import { compress } from "./zstd.ts";

const PROFILE = "sensorium";
const LIBRARY = "sensorium log 1";
/** Name of the MCAP metadata record that carries a recording's own metadata. */
export const METADATA_NAME = "sensorium";

/** What the file's indices say about one chunk. */
export interface ChunkContent {
  /** Bytes of its records before compression. */
  readonly size: number;
  /** First and last log time, in ns. */
  readonly from: bigint;
  readonly to: bigint;
  /** Where among its records each channel's messages are. */
  readonly indices: readonly McapTypes.MessageIndex[];
  /** Channels and schemas the chunk names. */
  readonly channels: readonly McapTypes.Channel[];
  readonly schemas: readonly McapTypes.Schema[];
}

/** Records that are to become one chunk of the file. */
export interface SealedChunk extends ChunkContent {
  readonly bytes: Uint8Array;
}

/**
 * Turns records into the bytes of an MCAP file, and nothing else: no files, no clocks.
 *
 * Every chunk names the schemas and channels it uses, so each can be read without those before it.
 * The same records, sealed at the same places, give the same bytes.
 */
export class LogLayout {
  readonly #builder = new McapRecordBuilder();
  readonly #open = new McapChunkBuilder({ useMessageIndex: true });
  /** By key, in the order of their ids. */
  readonly #channels = new Map<string, McapTypes.Channel>();
  readonly #schemas = new Map<string, McapTypes.Schema>();
  #openKeys = new Set<string>();
  #sequence = 0;
  #position = 0;
  #crc = 0;
  readonly #chunkIndices: McapTypes.ChunkIndex[] = [];
  readonly #metadataIndices: McapTypes.MetadataIndex[] = [];
  readonly #counts = new Map<number, bigint>();
  #from: bigint | undefined;
  #to: bigint | undefined;

  /** Bytes laid out so far: where the next chunk goes. */
  get position(): number {
    return this.#position;
  }

  /** Bytes of the open chunk, before compression. */
  get openBytes(): number {
    return this.#open.byteLength;
  }

  /** Records in the open chunk. */
  get openRecords(): number {
    return this.#open.numMessages;
  }

  /** The start of the file. */
  begin(metadata: Readonly<Record<string, string>>): Uint8Array {
    this.#builder.writeMagic();
    this.#builder.writeHeader({ profile: PROFILE, library: LIBRARY });
    const offset = BigInt(this.#builder.length);
    const entries = new Map(Object.entries(metadata));
    const length = this.#builder.writeMetadata({ name: METADATA_NAME, metadata: entries });
    this.#metadataIndices.push({ offset, length, name: METADATA_NAME });
    return this.#laid(this.#take());
  }

  /** More metadata, known only at the end: what follows `position`. No chunk may follow it. */
  note(metadata: Readonly<Record<string, string>>): Uint8Array {
    const offset = BigInt(this.#position);
    const entries = new Map(Object.entries(metadata));
    const length = this.#builder.writeMetadata({ name: METADATA_NAME, metadata: entries });
    this.#metadataIndices.push({ offset, length, name: METADATA_NAME });
    return this.#laid(this.#take());
  }

  /** Puts a record into the open chunk. */
  add(record: LogRecord): void {
    const key = channelKey(record);
    const channel = this.#channels.get(key) ?? this.#register(key, record);
    if (!this.#openKeys.has(key)) {
      this.#openKeys.add(key);
      const schema = this.#schemas.get(record.kind);
      if (schema !== undefined) this.#open.addSchema(schema);
      this.#open.addChannel(channel);
    }
    const logTime = BigInt(record.logTime) * 1_000n;
    const publishTime =
      record.kind === "DATA" ? BigInt(record.chunk.originTimes[0] ?? 0) * 1_000n : logTime;
    const sequence = this.#sequence++ % 2 ** 32;
    this.#open.addMessage({
      channelId: channel.id,
      sequence,
      logTime,
      publishTime: publishTime < 0n ? 0n : publishTime,
      data: encodeRecord(record),
    });
  }

  /** Closes the open chunk; undefined if it is empty. */
  seal(): SealedChunk | undefined {
    if (this.#open.numMessages === 0) return undefined;
    const named = [...this.#openKeys];
    const bytes = this.#open.buffer;
    const sealed = {
      bytes,
      size: bytes.byteLength,
      from: this.#open.messageStartTime,
      to: this.#open.messageEndTime,
      indices: [...this.#open.indices],
      channels: named.flatMap((key) => this.#channels.get(key) ?? []),
      schemas: named.flatMap((key) => this.#schemas.get(key.split(" ")[0] ?? "") ?? []),
    };
    this.#open.reset();
    this.#openKeys = new Set();
    return sealed;
  }

  /** The bytes of a sealed chunk with its indices: what follows `position`. Chunks in order, each once. */
  chunk(sealed: SealedChunk): Uint8Array {
    const records = compress(sealed.bytes);
    this.#builder.writeChunk({
      messageStartTime: sealed.from,
      messageEndTime: sealed.to,
      uncompressedSize: BigInt(sealed.bytes.byteLength),
      uncompressedCrc: crc32(sealed.bytes),
      compression: "zstd",
      records,
    });
    const chunk = this.#take();
    const indices = this.#index(sealed, chunk.byteLength, records.byteLength, "zstd");
    return Buffer.concat([this.#laid(chunk), this.#laid(indices)]);
  }

  /**
   * The indices of a chunk at `position`, which the file's summary will list.
   *
   * @param length Bytes of the chunk's whole record.
   * @param stored Bytes of its records as stored.
   */
  #index(content: ChunkContent, length: number, stored: number, compression: string): Uint8Array {
    const messageIndexOffsets = new Map<number, bigint>();
    const start = this.#position + length;
    for (const index of content.indices) {
      messageIndexOffsets.set(index.channelId, BigInt(start + this.#builder.length));
      this.#builder.writeMessageIndex(index);
      const count = this.#counts.get(index.channelId) ?? 0n;
      this.#counts.set(index.channelId, count + BigInt(index.records.length));
    }
    const indices = this.#take();
    this.#chunkIndices.push({
      messageStartTime: content.from,
      messageEndTime: content.to,
      chunkStartOffset: BigInt(this.#position),
      chunkLength: BigInt(length),
      messageIndexOffsets,
      messageIndexLength: BigInt(indices.byteLength),
      compression,
      compressedSize: BigInt(stored),
      uncompressedSize: BigInt(content.size),
    });
    if (this.#from === undefined || content.from < this.#from) this.#from = content.from;
    if (this.#to === undefined || content.to > this.#to) this.#to = content.to;
    return indices;
  }

  /** The end of the file: after it only `position` stays what it was. */
  end(): Uint8Array {
    const dataEnd = this.#position;
    this.#builder.writeDataEnd({ dataSectionCrc: this.#crc });
    const start = dataEnd + this.#builder.length;
    const offsets: McapTypes.SummaryOffset[] = [];
    const group = (groupOpcode: number, write: () => void): void => {
      const from = this.#builder.length;
      write();
      const groupLength = BigInt(this.#builder.length - from);
      if (groupLength > 0n)
        offsets.push({ groupOpcode, groupStart: BigInt(dataEnd + from), groupLength });
    };
    group(Opcode.SCHEMA, () => {
      for (const schema of this.#schemas.values()) this.#builder.writeSchema(schema);
    });
    group(Opcode.CHANNEL, () => {
      for (const channel of this.#channels.values()) this.#builder.writeChannel(channel);
    });
    group(Opcode.STATISTICS, () => this.#builder.writeStatistics(this.#statistics()));
    group(Opcode.METADATA_INDEX, () => {
      for (const index of this.#metadataIndices) this.#builder.writeMetadataIndex(index);
    });
    group(Opcode.CHUNK_INDEX, () => {
      for (const index of this.#chunkIndices) this.#builder.writeChunkIndex(index);
    });
    const summaryOffsetStart = BigInt(dataEnd + this.#builder.length);
    for (const offset of offsets) this.#builder.writeSummaryOffset(offset);
    this.#builder.writeFooter({ summaryStart: BigInt(start), summaryOffsetStart, summaryCrc: 0 });
    this.#builder.writeMagic();
    const bytes = this.#take();
    // The footer's checksum covers the summary and the footer up to itself.
    const at = bytes.byteLength - 8 - 4;
    const summary = bytes.subarray(start - dataEnd, at);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, crc32(summary), true);
    return bytes;
  }

  /** Takes over a file's start as it was found. */
  adoptStart(bytes: Uint8Array, metadata: readonly McapTypes.MetadataIndex[]): void {
    this.#metadataIndices.push(...metadata);
    this.#laid(bytes);
  }

  /** Takes over a chunk of a file as it was found, and gives the indices that belong after it. */
  adoptChunk(
    content: ChunkContent,
    record: Uint8Array,
    stored: number,
    compression: string,
  ): Uint8Array {
    for (const schema of content.schemas) this.#schemas.set(schema.name, schema);
    for (const channel of content.channels) this.#channels.set(keyOf(channel), channel);
    for (const { records } of content.indices) this.#sequence += records.length;
    const indices = this.#index(content, record.byteLength, stored, compression);
    this.#laid(record);
    return this.#laid(indices);
  }

  #register(key: string, record: LogRecord): McapTypes.Channel {
    const { topic, messageEncoding, metadata } = channelOf(record);
    let schemaId = 0;
    if (messageEncoding === "json") {
      const known = this.#schemas.get(record.kind);
      schemaId = known?.id ?? this.#schemas.size + 1;
      if (known === undefined) this.#schemas.set(record.kind, jsonSchema(schemaId, record.kind));
    }
    const channel = {
      id: this.#channels.size,
      schemaId,
      topic,
      messageEncoding,
      metadata: new Map(metadata),
    };
    this.#channels.set(key, channel);
    return channel;
  }

  #statistics(): McapTypes.Statistics {
    return {
      messageCount: [...this.#counts.values()].reduce((sum, count) => sum + count, 0n),
      schemaCount: this.#schemas.size,
      channelCount: this.#channels.size,
      attachmentCount: 0,
      metadataCount: this.#metadataIndices.length,
      chunkCount: this.#chunkIndices.length,
      messageStartTime: this.#from ?? 0n,
      messageEndTime: this.#to ?? 0n,
      channelMessageCounts: this.#counts,
    };
  }

  #take(): Uint8Array {
    const bytes = this.#builder.buffer;
    this.#builder.reset();
    return bytes;
  }

  #laid(bytes: Uint8Array): Uint8Array {
    this.#position += bytes.byteLength;
    this.#crc = crc32(bytes, this.#crc);
    return bytes;
  }
}

/** Any object will do: it is there for viewers that show JSON only where there is a schema. */
function jsonSchema(id: number, name: string): McapTypes.Schema {
  return { id, name, encoding: "jsonschema", data: Buffer.from('{"type":"object"}') };
}

/** See `channelKey`. */
function keyOf({ topic, metadata }: McapTypes.Channel): string {
  const kind = metadata.get("kind") ?? "";
  const stream = topic.slice(1, topic.length - kind.length - 1);
  if (kind !== "DATA") return `${kind} ${stream}`;
  const shape = (metadata.get("shape") ?? "").replace(/[[\]\s]/g, "");
  return `DATA ${metadata.get("site")} ${stream} ${metadata.get("dtype")} ${shape}`;
}
