import { Opcode } from "@mcap/core";

import type { Micros } from "../units.ts";
import { decoderOf } from "./decodeRecord.ts";
import type { LogRecord } from "./LogRecord.ts";
import { type LogSource, openLog } from "./LogSource.ts";
import { parseChunk } from "./parseChunk.ts";
import { scanFile } from "./scanFile.ts";
import { zstdReady } from "./zstd.ts";

/** Which part of a log to read. */
export interface ReadLogOptions {
  /** Records appended before this are left out. */
  readonly from?: Micros;
  /** Records appended at or after this are left out. */
  readonly to?: Micros;
  /** Kinds to read; all if absent. */
  readonly kinds?: readonly LogRecord["kind"][];
}

/**
 * The records of a log in the order in which they were appended.
 *
 * Reads the file chunk by chunk from its start, without its summary: a finished log, one that a crash
 * left without its end, and one that is still being written are read alike. Chunks outside `from` and
 * `to` are skipped unread. Ends at the first record that is not there completely.
 *
 * @param source Path or bytes.
 * @returns Records; payloads are borrowed from their chunk, which stays in memory as long as one is kept.
 * @throws {LogError} While reading, if the file cannot be opened, is no log, or a chunk is damaged.
 */
export async function* readLog(
  source: LogSource,
  { from, to, kinds }: ReadLogOptions = {},
): AsyncGenerator<LogRecord, void, undefined> {
  const where = typeof source === "string" ? source : "log";
  await using bytes = await openLog(source);
  await zstdReady;
  const least = from === undefined ? 0n : BigInt(from) * 1_000n;
  const end = to === undefined ? undefined : BigInt(to) * 1_000n;
  for await (const { opcode, offset, length, times } of scanFile(bytes, where)) {
    if (opcode !== Opcode.CHUNK || times === undefined) continue;
    if (times[1] < least || (end !== undefined && times[0] >= end)) continue;
    const chunk = parseChunk(await bytes.read(offset, length), `${where} at byte ${offset}`);
    const decoders = new Map(
      chunk.channels
        .filter(({ metadata }) => kinds?.some((kind) => kind === metadata.get("kind")) ?? true)
        .map(({ id, topic, metadata }) => [id, decoderOf(topic, metadata)]),
    );
    for (const { channelId, logTime, data } of chunk.messages) {
      const decode = decoders.get(channelId);
      if (decode === undefined || logTime < least || (end !== undefined && logTime >= end))
        continue;
      yield decode(data, Number(logTime / 1_000n) as Micros);
    }
  }
}
