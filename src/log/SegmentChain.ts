import { mkdir, rm, stat, unlink } from "node:fs/promises";
import { basename, join } from "node:path";

import { MCAP_MAGIC } from "@mcap/core";

import { LogError } from "../errors.ts";
import type { Micros } from "../units.ts";
import { ChunkPacker, type SealedChunk } from "./ChunkPacker.ts";
import { decoderOf } from "./decodeRecord.ts";
import { CONTINUES, RESTATED, SEGMENT_FROM } from "./fileMetadata.ts";
import type { LogRecord } from "./LogRecord.ts";
import { openLog } from "./LogSource.ts";
import type { CompleteOptions } from "./LogWriterOptions.ts";
import type { OpenedChunk } from "./parseChunk.ts";
import { type ClosedSegment, Retention } from "./Retention.ts";
import { recoverLog } from "./recoverLog.ts";
import { SegmentFile } from "./SegmentFile.ts";
import { restated, type StandingRecords } from "./StandingRecords.ts";
import { scanFile } from "./scanFile.ts";
import { isFolder, segmentName, segmentNumber, segmentsIn } from "./segments.ts";
import { systemProblem } from "./systemProblem.ts";

/** A closed chunk on its way to a file. */
export interface WaitingChunk {
  readonly sealed: SealedChunk;
  /** What was in force before its first record. */
  readonly before: readonly LogRecord[];
  /** Records that are no checkpoints. */
  readonly records: number;
  /** How many of them a checkpoint in it needs from before the chunk; absent where it holds none. */
  readonly reach?: number;
}

/**
 * The files of a log while it is written: one, or a folder of segments that begin and go by themselves.
 *
 * Which file a chunk goes to depends on the chunks alone, so the same records give the same files.
 */
export class SegmentChain {
  readonly #options: CompleteOptions;
  readonly #folder: string | undefined;
  readonly #retention: Retention;
  /** Packs the log's chunks; those of all files, so that a channel keeps its number. */
  readonly packer: ChunkPacker;
  #file: SegmentFile;
  /** Records of the open file that are no checkpoints. */
  #records = 0;
  #deleted = 0;

  private constructor(
    file: SegmentFile,
    folder: string | undefined,
    retention: Retention,
    options: CompleteOptions,
  ) {
    this.#file = file;
    this.packer = file.packer;
    this.#folder = folder;
    this.#retention = retention;
    this.#options = options;
  }

  /**
   * Opens the log for writing.
   *
   * @param standing Learns what is in force at the end of a log that is continued.
   * @throws {LogError} If it exists and is refused, cannot be written, or is no log of ours.
   */
  static async open(
    path: string,
    options: CompleteOptions,
    standing: StandingRecords,
  ): Promise<SegmentChain> {
    const { existing, segments, keep = {}, metadata, openFile } = options;
    const retention = new Retention(keep);
    let hasCheckpoint = false;
    const look = (chunk: OpenedChunk): void => {
      for (const record of recordsIn(chunk)) {
        standing.observe(record);
        hasCheckpoint ||= record.kind === "CHECKPOINT";
      }
    };
    const inFolder = await isFolder(path);
    if (segments === undefined && !(inFolder && existing === "append")) {
      const file = await SegmentFile.open(path, { openFile, existing, metadata, look });
      return new SegmentChain(file, undefined, retention, options);
    }
    const there = await segmentsOf(path, options);
    let last = there.at(-1);
    // A crash between two segments may leave the next one without a record: as if it had not begun.
    while (last !== undefined && there.length > 1 && !(await hasRecords(last))) {
      await unlink(last);
      there.pop();
      last = there.at(-1);
    }
    for (const segment of there.slice(0, -1)) retention.closed(await closedSegment(segment));
    const file = await SegmentFile.open(last ?? join(path, segmentName(1)), {
      openFile,
      existing: last === undefined ? "refuse" : "append",
      metadata: { ...metadata, segment: "1" },
      look,
    });
    if (hasCheckpoint) retention.checkpointed(file.path);
    return new SegmentChain(file, path, retention, options);
  }

  /** Bytes of all files that are there. */
  get bytes(): number {
    const closed = this.#retention.segments.reduce((sum, { bytes }) => sum + bytes, 0);
    return closed + this.#file.written;
  }

  /** Files that are there. */
  get files(): number {
    return this.#retention.segments.length + 1;
  }

  /** Segments that went because there were too many, or too old ones. */
  get deleted(): number {
    return this.#deleted;
  }

  /** Name of the open segment; empty where the log is one file. */
  get segment(): string {
    return this.#folder === undefined ? "" : basename(this.#file.path);
  }

  /** Writes chunks, in order, into as few writes as there are files for them. */
  async write(chunks: readonly WaitingChunk[]): Promise<void> {
    let pieces: Uint8Array[] = [];
    const flush = async (): Promise<void> => {
      if (pieces.length > 0) await this.#file.write(Buffer.concat(pieces));
      pieces = [];
    };
    for (const chunk of chunks) {
      if (this.#isFull(chunk.sealed)) {
        await flush();
        await this.#next(chunk);
      }
      pieces.push(this.#file.lay(chunk.sealed));
      if (chunk.reach !== undefined && chunk.reach <= this.#records)
        this.#retention.checkpointed(this.#file.path);
      this.#records += chunk.records;
    }
    await flush();
    await this.#forget();
  }

  /** Settles once what was written is on the disk. */
  sync(): Promise<void> {
    return this.#file.sync();
  }

  /** Writes the end. @param notes Metadata known only now. */
  async finish(notes: Readonly<Record<string, string>>): Promise<void> {
    await this.#file.finish(notes);
    await this.#forget();
  }

  /** Leaves the open file as whole as the disk allows. Does not throw. */
  abandon(): Promise<void> {
    return this.#file.abandon();
  }

  #isFull({ from }: SealedChunk): boolean {
    const { segments } = this.#options;
    const began = this.#file.from;
    if (segments === undefined || began === undefined) return false;
    const span = Number(from - began) / 1_000;
    return this.#file.size >= (segments.bytes ?? Infinity) || span >= (segments.span ?? Infinity);
  }

  /** Ends the open segment and begins the next, which restates what is in force. */
  async #next({ before, sealed }: WaitingChunk): Promise<void> {
    const old = this.#file;
    await old.finish({ [CONTINUES]: "yes" });
    const { path, written, to = 0n } = old;
    this.#retention.closed({ path, bytes: written, to: microsOf(to) });
    const number = segmentNumber(basename(path)) + 1;
    const from = microsOf(sealed.from);
    const standing = restated(before, from);
    const { metadata, openFile } = this.#options;
    this.#file = await SegmentFile.open(join(this.#folder ?? "", segmentName(number)), {
      openFile,
      existing: "refuse",
      metadata: {
        ...metadata,
        segment: String(number),
        [SEGMENT_FROM]: String(from),
        [RESTATED]: String(standing.length),
      },
    });
    this.#records = 0;
    const packer = new ChunkPacker(this.packer);
    for (const record of standing) packer.add(record);
    const chunk = packer.seal();
    if (chunk !== undefined) await this.#file.write(this.#file.lay(chunk));
  }

  /** Deletes what is over. */
  async #forget(): Promise<void> {
    const { clock } = this.#options;
    for (const { path } of this.#retention.due(clock.now(), this.#file.written)) {
      // Somebody may have made room already.
      await rm(path, { force: true });
      this.#deleted++;
    }
  }
}

/** The segments that are there, made room for; the folder if there is none. */
async function segmentsOf(path: string, { existing }: CompleteOptions): Promise<string[]> {
  const there = await segmentsIn(path);
  if (existing === "refuse" && there.length > 0)
    throw new LogError(path, `expected a folder without segments, got ${there.length}`);
  if (existing === "append" && there.length > 0) return there;
  for (const segment of there) await unlink(segment);
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new LogError(path, `expected a folder to write the log to, got ${systemProblem(cause)}`, {
      cause,
    });
  }
  return [];
}

/** The records of a chunk; what is not ours is left out. */
function* recordsIn({ channels, messages }: OpenedChunk): Generator<LogRecord> {
  const decoders = new Map(
    channels.map(({ id, topic, metadata }) => [id, decoderOf(topic, metadata)]),
  );
  for (const { channelId, logTime, data } of messages) {
    const decode = decoders.get(channelId);
    if (decode !== undefined) yield decode(data, microsOf(logTime));
  }
}

/** What is known of a segment that is not the last; closes it where a crash did not let it be. */
async function closedSegment(path: string): Promise<ClosedSegment> {
  let to = 0n;
  let size = 0;
  {
    await using bytes = await openLog(path);
    size = await bytes.size();
    const end = await bytes.read(Math.max(0, size - MCAP_MAGIC.length), MCAP_MAGIC.length);
    for await (const { times } of scanFile(bytes, path))
      if (times !== undefined && times[1] > to) to = times[1];
    if (Buffer.compare(end, Uint8Array.from(MCAP_MAGIC)) === 0)
      return { path, bytes: size, to: microsOf(to) };
  }
  await recoverLog(path);
  return { path, bytes: (await stat(path)).size, to: microsOf(to) };
}

async function hasRecords(path: string): Promise<boolean> {
  await using bytes = await openLog(path);
  if ((await bytes.size()) < MCAP_MAGIC.length) return false;
  for await (const { times } of scanFile(bytes, path)) if (times !== undefined) return true;
  return false;
}

function microsOf(nanoseconds: bigint): Micros {
  return Number(nanoseconds / 1_000n) as Micros;
}
