import { crc32 } from "node:zlib";

import { McapRecordBuilder, type McapTypes, Opcode } from "@mcap/core";
import type { ChunkContent, SealedChunk } from "./ChunkPacker.ts";
import { chunkIndices } from "./chunkIndices.ts";
import type { LogBytes } from "./LogSource.ts";
import { PROFILE } from "./scanFile.ts";
import { compress } from "./zstd.ts";

const LIBRARY = "sensorium log 1";
/** Name of the MCAP metadata record that carries a recording's own metadata. */
export const METADATA_NAME = "sensorium";
/** The end of a file is written in pieces of about this size. */
const PIECE_BYTES = 65_536;

/**
 * Lays chunks out as an MCAP file, and nothing else: no files but to read back, no clocks.
 *
 * What it remembers does not grow with the file: what the summary says about every chunk is read back
 * from the file when it ends.
 */
export class LogLayout {
  readonly #builder = new McapRecordBuilder();
  /** Named by chunks of this file, by id. */
  readonly #channels = new Map<number, McapTypes.Channel>();
  readonly #schemas = new Map<number, McapTypes.Schema>();
  readonly #counts = new Map<number, bigint>();
  readonly #metadataIndices: McapTypes.MetadataIndex[] = [];
  #position = 0;
  #crc = 0;
  #chunks = 0;
  #from: bigint | undefined;
  #to: bigint | undefined;

  /** Bytes laid out so far: where the next chunk goes. */
  get position(): number {
    return this.#position;
  }

  /** First log time so far, in ns; undefined before the first chunk. */
  get from(): bigint | undefined {
    return this.#from;
  }

  /** Last log time so far, in ns; undefined before the first chunk. */
  get to(): bigint | undefined {
    return this.#to;
  }

  /** The start of the file. */
  begin(metadata: Readonly<Record<string, string>>): Uint8Array {
    this.#builder.writeMagic();
    this.#builder.writeHeader({ profile: PROFILE, library: LIBRARY });
    this.#writeMetadata(metadata);
    return this.#laid(this.#take());
  }

  /** More metadata, known only at the end: what follows `position`. No chunk may follow it. */
  note(metadata: Readonly<Record<string, string>>): Uint8Array {
    this.#writeMetadata(metadata);
    return this.#laid(this.#take());
  }

  /** The bytes of a sealed chunk with its indices: what follows `position`. Chunks in order, each once. */
  chunk(sealed: SealedChunk): Uint8Array {
    this.#builder.writeChunk({
      messageStartTime: sealed.from,
      messageEndTime: sealed.to,
      uncompressedSize: BigInt(sealed.bytes.byteLength),
      uncompressedCrc: crc32(sealed.bytes),
      compression: "zstd",
      records: compress(sealed.bytes),
    });
    const chunk = this.#take();
    const indices = this.#index(sealed);
    return Buffer.concat([this.#laid(chunk), this.#laid(indices)]);
  }

  /** Takes over a file's start as it was found. */
  adoptStart(bytes: Uint8Array, metadata: readonly McapTypes.MetadataIndex[]): void {
    this.#metadataIndices.push(...metadata);
    this.#laid(bytes);
  }

  /** Takes over a chunk of a file as it was found, and gives the indices that belong after it. */
  adoptChunk(content: ChunkContent, record: Uint8Array): Uint8Array {
    const indices = this.#index(content);
    this.#laid(record);
    return this.#laid(indices);
  }

  /**
   * The end of the file in pieces: what belongs at `position`, which stays what it was.
   *
   * @param file The file, with all that has been laid out; read while the pieces are taken.
   */
  async *end(file: LogBytes, where: string): AsyncGenerator<Uint8Array> {
    this.#builder.writeDataEnd({ dataSectionCrc: this.#crc });
    const dataEnd = this.#take();
    yield dataEnd;
    const start = this.#position + dataEnd.byteLength;
    let at = start;
    let crc = 0;
    const summed = (bytes: Uint8Array): Uint8Array => {
      at += bytes.byteLength;
      crc = crc32(bytes, crc);
      return bytes;
    };
    const offsets: McapTypes.SummaryOffset[] = [];
    const group = (groupOpcode: number, groupStart: number): void => {
      const groupLength = BigInt(at - groupStart);
      if (groupLength > 0n)
        offsets.push({ groupOpcode, groupStart: BigInt(groupStart), groupLength });
    };
    for (const [opcode, write] of this.#groups()) {
      const groupStart = at;
      write();
      yield summed(this.#take());
      group(opcode, groupStart);
    }
    const groupStart = at;
    for await (const index of chunkIndices(file, where, this.#position)) {
      this.#builder.writeChunkIndex(index);
      if (this.#builder.length >= PIECE_BYTES) yield summed(this.#take());
    }
    yield summed(this.#take());
    group(Opcode.CHUNK_INDEX, groupStart);

    const summaryOffsetStart = BigInt(at);
    for (const offset of offsets) this.#builder.writeSummaryOffset(offset);
    this.#builder.writeFooter({ summaryStart: BigInt(start), summaryOffsetStart, summaryCrc: 0 });
    this.#builder.writeMagic();
    const last = this.#take();
    // The footer's checksum covers the summary and the footer up to itself.
    const crcAt = last.byteLength - 8 - 4;
    const total = crc32(last.subarray(0, crcAt), crc);
    new DataView(last.buffer, last.byteOffset).setUint32(crcAt, total, true);
    yield last;
  }

  /** What the summary holds before the chunks. */
  #groups(): [opcode: number, write: () => void][] {
    const byId = <T extends { readonly id: number }>(of: ReadonlyMap<number, T>): T[] =>
      [...of.values()].sort((a, b) => a.id - b.id);
    return [
      [
        Opcode.SCHEMA,
        () => {
          for (const schema of byId(this.#schemas)) this.#builder.writeSchema(schema);
        },
      ],
      [
        Opcode.CHANNEL,
        () => {
          for (const channel of byId(this.#channels)) this.#builder.writeChannel(channel);
        },
      ],
      [Opcode.STATISTICS, () => this.#builder.writeStatistics(this.#statistics())],
      [
        Opcode.METADATA_INDEX,
        () => {
          for (const index of this.#metadataIndices) this.#builder.writeMetadataIndex(index);
        },
      ],
    ];
  }

  /** Takes a chunk that is laid out next into the books. @returns The message indices after it. */
  #index(content: ChunkContent): Uint8Array {
    for (const schema of content.schemas) this.#schemas.set(schema.id, schema);
    for (const channel of content.channels) this.#channels.set(channel.id, channel);
    for (const index of content.indices) {
      this.#builder.writeMessageIndex(index);
      const count = this.#counts.get(index.channelId) ?? 0n;
      this.#counts.set(index.channelId, count + BigInt(index.records.length));
    }
    this.#chunks++;
    if (this.#from === undefined || content.from < this.#from) this.#from = content.from;
    if (this.#to === undefined || content.to > this.#to) this.#to = content.to;
    return this.#take();
  }

  #statistics(): McapTypes.Statistics {
    return {
      messageCount: [...this.#counts.values()].reduce((sum, count) => sum + count, 0n),
      schemaCount: this.#schemas.size,
      channelCount: this.#channels.size,
      attachmentCount: 0,
      metadataCount: this.#metadataIndices.length,
      chunkCount: this.#chunks,
      messageStartTime: this.#from ?? 0n,
      messageEndTime: this.#to ?? 0n,
      channelMessageCounts: this.#counts,
    };
  }

  #writeMetadata(metadata: Readonly<Record<string, string>>): void {
    const offset = BigInt(this.#position + this.#builder.length);
    const entries = new Map(Object.entries(metadata));
    const length = this.#builder.writeMetadata({ name: METADATA_NAME, metadata: entries });
    this.#metadataIndices.push({ offset, length, name: METADATA_NAME });
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
