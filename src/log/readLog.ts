import { MCAP_MAGIC, Opcode } from "@mcap/core";

import type { Clock } from "../clock/Clock.ts";
import { type Micros, micros, millis } from "../units.ts";
import { decoderOf } from "./decodeRecord.ts";
import { CONTINUES, metadataIn, RESTATED, SEGMENT_FROM, startMetadata } from "./fileMetadata.ts";
import type { LogRecord } from "./LogRecord.ts";
import { type LogBytes, type LogSource, openLog } from "./LogSource.ts";
import { parseChunk } from "./parseChunk.ts";
import { type FileRecord, scanFile } from "./scanFile.ts";
import { filesOf } from "./segments.ts";
import { zstdReady } from "./zstd.ts";

/** How often a log that is still being written is looked at. */
const LOOK_EVERY = millis(50);

/** Which part of a log to read. */
export interface ReadLogOptions {
  /** Records appended before this are left out. */
  readonly from?: Micros;
  /** Records appended at or after this are left out. */
  readonly to?: Micros;
  /** Kinds to read; all if absent. */
  readonly kinds?: readonly LogRecord["kind"][];
  /** Waits at the end for what is still being written, until the log is closed or the signal aborts. */
  readonly follow?: { readonly clock: Clock; readonly signal: AbortSignal };
}

/**
 * The records of a log in the order in which they were appended.
 *
 * Reads chunk by chunk from the start, without the summary: a finished log, one that a crash left without
 * its end, and one that is still being written are read alike. Chunks outside `from` and `to` are skipped
 * unread, and so are whole segments before `from`. Ends at the first record that is not there completely.
 * Of a folder of segments it reads what the first one restates, and of the others what happened in them.
 *
 * @param source Path or bytes.
 * @returns Records; payloads are borrowed from their chunk, which stays in memory as long as one is kept.
 * @throws {LogError} While reading, if the log cannot be opened, is none, or a chunk is damaged.
 */
export async function* readLog(
  source: LogSource,
  options: ReadLogOptions = {},
): AsyncGenerator<LogRecord, void, undefined> {
  await zstdReady;
  let file = await firstFile(await filesOf(source), options.from);
  for (let isFirst = true; file !== undefined; isFirst = false) {
    const current: LogSource = file;
    const following = async (): Promise<LogSource | undefined> => {
      const files = await filesOf(source);
      return typeof current === "string"
        ? files.find((other) => typeof other === "string" && isAfter(other, current))
        : undefined;
    };
    const continues = yield* readFile(current, options, isFirst, following);
    file = await following();
    const { follow } = options;
    while (file === undefined && continues && follow !== undefined && !follow.signal.aborted) {
      await pause(follow);
      file = await following();
    }
    if (follow?.signal.aborted) return;
  }
}

/** Segments of one folder have names of one length, or a longer one after a shorter. */
function isAfter(name: string, other: string): boolean {
  return name.length === other.length ? name > other : name.length > other.length;
}

/** The file that holds what was appended at `from`, or the first. */
async function firstFile(
  files: readonly LogSource[],
  from: Micros | undefined,
): Promise<LogSource | undefined> {
  // From the last one backwards: what lies long before need not even be whole.
  for (const file of from === undefined ? [] : files.slice(1).toReversed()) {
    const start = Number((await startMetadata(file))[SEGMENT_FROM] ?? Infinity);
    if (start <= Number(from)) return file;
  }
  return files[0];
}

/** @returns Whether another file follows this one. */
async function* readFile(
  source: LogSource,
  { from, to, kinds, follow }: ReadLogOptions,
  isFirst: boolean,
  following: () => Promise<LogSource | undefined>,
): AsyncGenerator<LogRecord, boolean, undefined> {
  const where = typeof source === "string" ? source : "log";
  await using bytes = await openLog(source);
  const least = from === undefined ? 0n : BigInt(from) * 1_000n;
  const end = to === undefined ? undefined : BigInt(to) * 1_000n;
  let restated = 0;
  let continues = false;
  for await (const { opcode, offset, length, times } of records(bytes, where, follow, following)) {
    if (opcode === Opcode.METADATA) {
      const metadata = metadataIn(await bytes.read(offset, length), where) ?? {};
      continues ||= CONTINUES in metadata;
      if (!isFirst) restated = Number(metadata[RESTATED] ?? restated);
    }
    if (opcode !== Opcode.CHUNK || times === undefined) continue;
    const isOver = end !== undefined && times[0] >= end;
    // Nothing that is still to come can be earlier.
    if (isOver && follow !== undefined) return false;
    const isOutside = times[1] < least || isOver;
    if (isOutside && restated === 0) continue;
    const chunk = parseChunk(await bytes.read(offset, length), `${where} at byte ${offset}`);
    const decoders = new Map(
      chunk.channels
        .filter(({ metadata }) => kinds?.some((kind) => kind === metadata.get("kind")) ?? true)
        .map(({ id, topic, metadata }) => [id, decoderOf(topic, metadata)]),
    );
    for (const { channelId, logTime, data } of chunk.messages) {
      if (restated-- > 0) continue;
      restated = 0;
      const decode = decoders.get(channelId);
      if (decode === undefined || logTime < least || (end !== undefined && logTime >= end))
        continue;
      yield decode(data, Number(logTime / 1_000n) as Micros);
    }
  }
  return continues;
}

/** The records of a file; waits at its end for what is still to come, where it shall follow. */
async function* records(
  bytes: LogBytes,
  where: string,
  follow: ReadLogOptions["follow"],
  following: () => Promise<LogSource | undefined>,
): AsyncGenerator<FileRecord> {
  let at: number | undefined;
  let isLeft = false;
  while (follow === undefined || !follow.signal.aborted) {
    if (follow === undefined || (await bytes.size()) >= MCAP_MAGIC.length)
      for await (const record of scanFile(bytes, where, at)) {
        yield record;
        // What comes after the last chunk is overwritten by whoever goes on with the log.
        if (record.opcode === Opcode.CHUNK || record.opcode === Opcode.MESSAGE_INDEX)
          at = record.offset + record.length;
        if (record.opcode === Opcode.FOOTER) return;
      }
    // Whoever goes on elsewhere has written here all there will be.
    if (follow === undefined || isLeft) return;
    isLeft = (await following()) !== undefined;
    if (!isLeft) await pause(follow);
    bytes.refresh();
  }
}

async function pause({ clock, signal }: NonNullable<ReadLogOptions["follow"]>): Promise<void> {
  try {
    await clock.until(micros(clock.now() + LOOK_EVERY), signal);
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
}
