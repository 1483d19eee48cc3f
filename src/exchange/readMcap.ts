import { open } from "node:fs/promises";
import { parse } from "@foxglove/rosmsg";
import { MessageReader } from "@foxglove/rosmsg2-serialization";
import { McapStreamReader, type McapTypes } from "@mcap/core";

import { LogError } from "../errors.ts";
import { PROFILE } from "../log/scanFile.ts";
import { systemProblem } from "../log/systemProblem.ts";
import { decompress, zstdReady } from "../log/zstd.ts";
import { type Micros, micros } from "../units.ts";
import { type ForeignMessage, foreignMessage } from "./foreignMessage.ts";

/** Bytes read at once. */
const BLOCK = 1024 * 1024;

/** One message, and the channel it came on. */
export interface McapMessage {
  readonly topic: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly message: ForeignMessage;
}

/** What of a file could not be read, by topic. */
export type UnreadTopics = Map<string, string>;

type Decode = (data: Uint8Array, time: Micros) => ForeignMessage | undefined;

/**
 * The messages of another program's MCAP file, in their order: JSON, and ROS 2's CDR (what `ros2 bag record
 * -s mcap` writes). A file that was cut off is read as far as it goes.
 *
 * @param unread Takes the topics that are in another encoding, or hold nothing that we know.
 * @param told Takes the file's own metadata, where the caller wants them.
 * @throws {LogError} If the file cannot be opened, is no MCAP, or a log of ours.
 */
export async function* readMcap(
  path: string,
  unread: UnreadTopics,
  told?: Map<string, string>,
): AsyncGenerator<McapMessage, void, undefined> {
  await zstdReady;
  const reader = new McapStreamReader({
    decompressHandlers: { zstd: (bytes, size) => decompress(bytes, Number(size)) },
  });
  const schemas = new Map<number, McapTypes.Schema>();
  const channels = new Map<number, McapTypes.Channel & { readonly decode: Decode | undefined }>();
  for await (const record of recordsOf(path, reader)) {
    if (record.type === "Header" && record.profile === PROFILE)
      throw new LogError(
        path,
        "expected another program's MCAP file, or an export, got a log of sensorium: it is a recording already",
      );
    if (record.type === "Schema") schemas.set(record.id, record);
    if (record.type === "Metadata")
      for (const [name, value] of record.metadata) told?.set(name, value);
    if (record.type === "Channel" && !channels.has(record.id)) {
      const schema = schemas.get(record.schemaId);
      const decode = decoderFor(record, schema);
      if (decode === undefined)
        unread.set(record.topic, `${record.messageEncoding} of ${schema?.name ?? "no schema"}`);
      channels.set(record.id, { ...record, decode });
    }
    if (record.type !== "Message") continue;
    const channel = channels.get(record.channelId);
    if (channel?.decode === undefined) continue;
    const message = channel.decode(record.data, micros(Number(record.logTime / 1_000n)));
    const { topic, metadata } = channel;
    if (message !== undefined) yield { topic, metadata, message };
    else if (!unread.has(topic))
      unread.set(topic, schemas.get(channel.schemaId)?.name ?? "no schema");
  }
}

async function* recordsOf(
  path: string,
  reader: McapStreamReader,
): AsyncGenerator<McapTypes.TypedMcapRecord> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, "r");
  } catch (cause) {
    throw new LogError(path, `expected a readable file, got ${systemProblem(cause)}`, { cause });
  }
  try {
    const block = new Uint8Array(BLOCK);
    for (;;) {
      const { bytesRead } = await file.read(block, 0, BLOCK);
      if (bytesRead === 0) return;
      reader.append(block.slice(0, bytesRead));
      for (;;) {
        let record: McapTypes.TypedMcapRecord | undefined;
        try {
          record = reader.nextRecord();
        } catch (cause) {
          throw new LogError(path, "expected an MCAP file, got a damaged one", { cause });
        }
        if (record === undefined) break;
        yield record;
      }
    }
  } finally {
    await file.close();
  }
}

function decoderFor(
  { messageEncoding }: McapTypes.Channel,
  schema: McapTypes.Schema | undefined,
): Decode | undefined {
  const name = schema?.name ?? "";
  if (messageEncoding === "json")
    return (data, time) => {
      try {
        return foreignMessage(name, JSON.parse(Buffer.from(data).toString("utf8")), time);
      } catch {
        return undefined; // told as unread
      }
    };
  if (messageEncoding !== "cdr" || schema?.encoding !== "ros2msg") return undefined;
  try {
    const definition = parse(Buffer.from(schema.data).toString("utf8"), { ros2: true });
    const reader = new MessageReader(definition);
    return (data, time) => {
      try {
        return foreignMessage(name, reader.readMessage(data), time);
      } catch {
        return undefined; // told as unread
      }
    };
  } catch {
    return undefined; // told as unread
  }
}
