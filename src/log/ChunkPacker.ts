import { McapChunkBuilder, type McapTypes } from "@mcap/core";

import type { Chunk } from "../frames/Chunk.ts";
import { sameShape } from "../frames/sameShape.ts";
import { encodeRecord } from "./encodeRecord.ts";
import { channelKey, channelOf } from "./LogChannel.ts";
import type { LogRecord } from "./LogRecord.ts";

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

/** Records that are to become one chunk of a file. */
export interface SealedChunk extends ChunkContent {
  readonly bytes: Uint8Array;
}

/** A channel's key and what it was made from, beside the stream. */
interface KeptKey extends Pick<Chunk, "site" | "dtype" | "shape"> {
  readonly key: string;
}

/**
 * Packs records into chunks, one open at a time, and nothing else: no files, no clocks.
 *
 * Every chunk names the schemas and channels it uses, so each can be read without those before it, in
 * whichever file it lies. The same records, sealed at the same places, give the same bytes.
 */
export class ChunkPacker {
  readonly #open = new McapChunkBuilder({ useMessageIndex: true });
  /** By key, in the order of their ids. */
  readonly #channels: Map<string, McapTypes.Channel>;
  readonly #schemas: Map<string, McapTypes.Schema>;
  /** By stream, the channel key of its last chunk: the same again, mostly, and dear to make. */
  readonly #lastKeys = new Map<string, KeptKey>();
  #openKeys = new Set<string>();
  #sequence = 0;

  /** @param sharing Another packer whose chunks lie in the same file: the same channels. */
  constructor(sharing?: ChunkPacker) {
    this.#channels = sharing === undefined ? new Map() : sharing.#channels;
    this.#schemas = sharing === undefined ? new Map() : sharing.#schemas;
  }

  /** Bytes of the open chunk, before compression. */
  get openBytes(): number {
    return this.#open.byteLength;
  }

  /** Records in the open chunk. */
  get openRecords(): number {
    return this.#open.numMessages;
  }

  /** Puts a record into the open chunk. */
  add(record: LogRecord): void {
    const key = this.#keyOf(record);
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

  /** Goes on after a chunk that lies in the file already. @param sequence Of the record after it. */
  adopt({ channels, schemas }: ChunkContent, sequence: number): void {
    for (const schema of schemas) this.#schemas.set(schema.name, schema);
    for (const channel of channels) this.#channels.set(keyOf(channel), channel);
    this.#sequence = sequence;
  }

  #keyOf(record: LogRecord): string {
    if (record.kind !== "DATA") return channelKey(record);
    const { site, stream, dtype, shape } = record.chunk;
    const last = this.#lastKeys.get(stream);
    const isSame = last?.site === site && last.dtype === dtype && sameShape(last.shape, shape);
    if (isSame) return last.key;
    const key = channelKey(record);
    this.#lastKeys.set(stream, { site, dtype, shape, key });
    return key;
  }

  #register(key: string, record: LogRecord): McapTypes.Channel {
    const { topic, messageEncoding, metadata } = channelOf(record);
    let schemaId = 0;
    if (messageEncoding === "json") {
      const known = this.#schemas.get(record.kind);
      schemaId = known?.id ?? freeId(this.#schemas.values(), 1);
      if (known === undefined) this.#schemas.set(record.kind, jsonSchema(schemaId, record.kind));
    }
    const channel = {
      id: freeId(this.#channels.values(), 0),
      schemaId,
      topic,
      messageEncoding,
      metadata: new Map(metadata),
    };
    this.#channels.set(key, channel);
    return channel;
  }
}

/** The least id after those in use: what was adopted need not begin with the first. */
function freeId(used: Iterable<{ readonly id: number }>, first: number): number {
  let next = first;
  for (const { id } of used) next = Math.max(next, id + 1);
  return next;
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
