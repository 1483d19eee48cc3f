import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { McapWriter } from "@mcap/core";
import { FileHandleWritable } from "@mcap/nodejs";

import { parseCaption } from "../features/CaptionGrams.ts";
import { type Chunk, framesOf } from "../frames/Chunk.ts";
import type { EventSpan, Label } from "../frames/EventSpan.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { readLog } from "../log/readLog.ts";
import { compress, zstdReady } from "../log/zstd.ts";
import { eventOf } from "../server/foxglove/answerChannels.ts";
import { EVENT, LOG, type NamedSchema } from "../server/foxglove/schemas.ts";
import {
  type FoxgloveMessage,
  type StreamChannel,
  streamChannel,
} from "../server/foxglove/streamChannel.ts";
import { foxgloveTime, nanoseconds } from "../server/foxglove/time.ts";
import type { Micros } from "../units.ts";
import { LABEL } from "./labelSchema.ts";

/** Name under which a channel's metadata hold the stream's description, so that an import knows it again. */
export const DESCRIPTION = "sensorium.description";

/** Names of the metadata that say where the recording's grid starts, and its period; in µs. */
export const START = "sensorium.start";
export const PERIOD = "sensorium.period";

/** What else than streams goes into the file. */
export interface ExportMcapOptions {
  readonly streams: readonly StreamDescription[];
  readonly labels: readonly Label[];
  /** Events in their final form; none where nobody asked for them. */
  readonly events?: AsyncIterable<EventSpan>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Gives up; nothing is left behind. */
  readonly signal?: AbortSignal;
}

/**
 * Writes a recording as an MCAP file that other programs show: pictures as `foxglove.RawImage`, sound as
 * `foxglove.RawAudio`, captions as `foxglove.Log`, numbers, labels and events as JSON with a schema.
 *
 * Messages are stamped with when things happened, not with when they came in, and in that order as far as
 * they came in it.
 *
 * @param log A file or a folder of segments.
 * @returns Messages written.
 * @throws The signal's reason, when it aborts.
 */
export async function exportMcap(
  log: string,
  path: string,
  { streams, labels, events, metadata, signal }: ExportMcapOptions,
): Promise<number> {
  await zstdReady;
  const part = `${path}.part`;
  const file = await open(part, "w");
  try {
    const writer = new Exporter(file);
    await writer.start(metadata);
    for (const label of labels.toSorted((a, b) => a.from - b.from))
      await writer.add("/labels", LABEL, label.from, labelMessage(label));
    if (events !== undefined)
      for await (const event of events) {
        signal?.throwIfAborted();
        await writer.add("/events", EVENT, event.from, eventOf(event));
      }
    const known = new Map(streams.map((description) => [description.stream, description]));
    for await (const record of readLog(log, { kinds: ["DATA"] })) {
      signal?.throwIfAborted();
      if (record.kind !== "DATA") continue;
      const description = known.get(record.chunk.stream);
      if (description === undefined) continue;
      const channel = writer.channelOf(description);
      for (const { time, body } of messagesOf(channel, record.chunk))
        await writer.add(`/${description.stream}`, channel.schema, time, body, description);
    }
    await writer.end();
    await file.datasync();
    await file.close();
    await rename(part, path);
    return writer.messages;
  } catch (cause) {
    await file.close().catch(() => undefined);
    await rm(part, { force: true });
    throw cause;
  }
}

class Exporter {
  messages = 0;
  readonly #writer: McapWriter;
  readonly #channels = new Map<string, StreamChannel>();
  readonly #ids = new Map<string, { readonly id: number; sequence: number }>();

  constructor(file: FileHandle) {
    this.#writer = new McapWriter({
      writable: new FileHandleWritable(file),
      chunkSize: 256 * 1024,
      compressChunk: (bytes) => ({ compression: "zstd", compressedData: compress(bytes) }),
    });
  }

  async start(metadata: Readonly<Record<string, string>>): Promise<void> {
    await this.#writer.start({ profile: "", library: "sensorium" });
    await this.#writer.addMetadata({
      name: "sensorium.export",
      metadata: new Map(Object.entries(metadata)),
    });
  }

  channelOf(description: StreamDescription): StreamChannel {
    const { stream, modality, rate, unit } = description;
    const known = this.#channels.get(stream);
    if (known !== undefined) return known;
    const hertz = rate === "irregular" ? 0 : rate;
    const info = { stream, modality, rate: hertz, unit, view: { kind: "none" }, counts: true };
    const channel = streamChannel({ ...info, view: { kind: "none" } });
    this.#channels.set(stream, channel);
    return channel;
  }

  async add(
    topic: string,
    schema: NamedSchema,
    time: Micros,
    body: object,
    description?: StreamDescription,
  ): Promise<void> {
    const channel = this.#ids.get(topic) ?? {
      id: await this.#register(topic, schema, description),
      sequence: 0,
    };
    this.#ids.set(topic, channel);
    this.messages++;
    await this.#writer.addMessage({
      channelId: channel.id,
      sequence: channel.sequence++,
      logTime: nanoseconds(time),
      publishTime: nanoseconds(time),
      data: Buffer.from(JSON.stringify(body)),
    });
  }

  end(): Promise<void> {
    return this.#writer.end();
  }

  async #register(
    topic: string,
    { name, schema }: NamedSchema,
    description: StreamDescription | undefined,
  ): Promise<number> {
    const schemaId = await this.#writer.registerSchema({
      name,
      encoding: "jsonschema",
      data: Buffer.from(JSON.stringify(schema)),
    });
    const metadata: [string, string][] =
      description === undefined ? [] : [[DESCRIPTION, JSON.stringify(description)]];
    return this.#writer.registerChannel({
      ...{ topic, messageEncoding: "json", schemaId, metadata: new Map(metadata) },
    });
  }
}

/** The messages of a chunk; a caption also says how long it lasts, which a line of a log has no field for. */
function messagesOf(channel: StreamChannel, chunk: Chunk): readonly FoxgloveMessage[] {
  if (channel.schema !== LOG) return channel.messages(chunk);
  return framesOf(chunk).flatMap(({ originTime, payload }) => {
    const alone = { ...chunk, originTimes: [originTime], lengths: [payload.byteLength], payload };
    const { duration = 0 } = parseCaption(payload) ?? {};
    return channel
      .messages(alone)
      .map(({ time, body }) => ({ time, body: { ...body, duration: duration / 1e6 } }));
  });
}

function labelMessage({ label, slot, from, to, by }: Label): object {
  return {
    timestamp: foxgloveTime(from),
    ...{ label, slot, by, from: foxgloveTime(from), to: foxgloveTime(to) },
    seconds: (to - from) / 1e6,
  };
}
