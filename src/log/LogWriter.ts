import { LogError } from "../errors.ts";
import { type Bytes, bytes, type Micros, micros, millis } from "../units.ts";
import type { ChunkPacker } from "./ChunkPacker.ts";
import type { LogRecord } from "./LogRecord.ts";
import {
  type CompleteOptions,
  completeOptions,
  type LogWriterOptions,
} from "./LogWriterOptions.ts";
import { SegmentChain, type WaitingChunk } from "./SegmentChain.ts";
import { StandingRecords } from "./StandingRecords.ts";
import { WriterLock } from "./WriterLock.ts";
import { zstdReady } from "./zstd.ts";

export type { LogWriterOptions } from "./LogWriterOptions.ts";

/** How a log is doing. */
export interface LogStatus {
  readonly state: "recording" | "failed" | "closed";
  /** Records appended, those before a recovered end not counted. */
  readonly records: number;
  /** Records refused because writing had failed or the log was closed. */
  readonly refused: number;
  /** Bytes in the files that are there. */
  readonly bytesWritten: Bytes;
  /** Bytes of closed chunks that wait for the disk. */
  readonly backlogBytes: Bytes;
  /** Files that are there: 1, or as many segments as are kept. */
  readonly files: number;
  /** Segments that went because there were too many, or too old ones. */
  readonly deletedFiles: number;
  /** Name of the segment being written; empty where the log is one file. */
  readonly segment: string;
}

/**
 * Appends records to a log file (MCAP, zstd; docs/log.md).
 *
 * Key behaviours:
 * - `append` copies the record and returns: compression, writing and syncing happen behind it, one at a
 *   time, up to four chunks that are ready in one write.
 * - A chunk is closed when it is full, when a record is `chunkSpan` later than its first, or when the
 *   clock is. Since that clock gives the log times, the same records give the same file, whatever the
 *   timer did; only `flush` adds a boundary.
 * - After a crash of the process the file holds every closed chunk; after a power cut, those that were
 *   synced, at most `syncInterval` old.
 * - When the disk is full or too slow, recording stops with one call of `onFailure`; the file is cut after
 *   its last complete chunk and closed if the disk lets us. `append` never throws for it.
 * - With `segments` the log is a folder of files, each of which restates at its start what is in force;
 *   with `keep` the oldest go. What it remembers does not grow with the log.
 * - `close` writes what is left; it is idempotent and is what `await using` calls.
 */
export class LogWriter implements AsyncDisposable {
  readonly #path: string;
  readonly #chain: SegmentChain;
  readonly #packer: ChunkPacker;
  readonly #standing: StandingRecords;
  readonly #lock: WriterLock;
  readonly #options: CompleteOptions;
  readonly #timer = new AbortController();
  #state: LogStatus["state"] = "recording";
  #records = 0;
  #refused = 0;
  /** Log time of the open chunk's first record. */
  #openSince = 0;
  /** What was in force before the open chunk. */
  #before: readonly LogRecord[] = [];
  /** Records in the open chunk that are no checkpoints, and how far before it those reach. */
  #plain = 0;
  #reach: number | undefined;
  readonly #sealed: WaitingChunk[] = [];
  #backlog = 0;
  #unsyncedSince: Micros | undefined;
  #timing = false;
  #draining: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #abandoning: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #failure: LogError | undefined;
  #notes: Readonly<Record<string, string>> = {};

  private constructor(
    path: string,
    chain: SegmentChain,
    standing: StandingRecords,
    lock: WriterLock,
    options: CompleteOptions,
  ) {
    this.#lock = lock;
    this.#path = path;
    this.#chain = chain;
    this.#packer = chain.packer;
    this.#standing = standing;
    this.#options = options;
  }

  /**
   * Opens a log for appending.
   *
   * @throws {ConfigError} If a size or time is out of its range.
   * @param path Of a file; of a folder, where the log is one of segments.
   * @throws {LogError} If the log exists and is refused, cannot be written, is no log of ours, or
   *   somebody else writes to it.
   */
  static async open(path: string, options: LogWriterOptions): Promise<LogWriter> {
    const complete = completeOptions(path, options);
    await zstdReady;
    const lock = await WriterLock.take(path);
    try {
      const standing = new StandingRecords();
      const chain = await SegmentChain.open(path, complete, standing);
      return new LogWriter(path, chain, standing, lock, complete);
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** How it is doing now. */
  get status(): LogStatus {
    return {
      state: this.#state,
      records: this.#records,
      refused: this.#refused,
      bytesWritten: bytes(this.#chain.bytes),
      backlogBytes: bytes(this.#backlog),
      files: this.#chain.files,
      deletedFiles: this.#chain.deleted,
      segment: this.#chain.segment,
    };
  }

  /** Why recording stopped, if it did. */
  get failure(): LogError | undefined {
    return this.#failure;
  }

  /** Appends a record; nothing of it is borrowed afterwards. */
  append(record: LogRecord): void {
    if (this.#state !== "recording") {
      this.#refused++;
      return;
    }
    const { chunkBytes, chunkSpan } = this.#options;
    if (this.#packer.openRecords > 0 && record.logTime >= this.#openSince + chunkSpan) this.#seal();
    if (this.#packer.openRecords === 0) {
      this.#openSince = record.logTime;
      this.#before = this.#standing.records();
    }
    this.#standing.observe(record);
    this.#packer.add(record);
    this.#records++;
    if (record.kind === "CHECKPOINT") this.#reach = Math.max(0, record.back - this.#plain);
    else this.#plain++;
    if (this.#packer.openBytes >= chunkBytes) this.#seal();
    this.#watch();
  }

  /** Adds to the recording's metadata; written with its end, so a log without its end lacks them. */
  note(metadata: Readonly<Record<string, string>>): void {
    this.#notes = { ...this.#notes, ...metadata };
  }

  /**
   * Closes the open chunk and settles once everything appended before is on disk.
   *
   * @throws {LogError} If recording has failed, before or now.
   */
  async flush(): Promise<void> {
    this.#seal();
    await this.#draining;
    if (this.#state === "recording") await this.#sync();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Settles once every chunk that is closed by now has been written; closes none. */
  async drained(): Promise<void> {
    await this.#draining;
  }

  /** Writes what is left and closes the file. Does not throw: a failure goes to `onFailure`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#seal();
    await this.#draining;
    await this.#syncing;
    this.#timer.abort();
    if (this.#state === "recording") {
      this.#state = "closed";
      try {
        await this.#chain.finish(this.#notes);
      } catch (cause) {
        this.#fail("the end of the log could not be written", cause);
      }
    }
    await this.#abandoning;
    await this.#lock[Symbol.asyncDispose]();
  }

  #seal(): void {
    if (this.#state !== "recording") return;
    const sealed = this.#packer.seal();
    if (sealed === undefined) return;
    const reach = this.#reach;
    this.#sealed.push({
      ...{ sealed, before: this.#before, records: this.#plain },
      ...(reach !== undefined && { reach }),
    });
    this.#plain = 0;
    this.#reach = undefined;
    this.#backlog += sealed.size;
    if (this.#backlog > this.#options.backlogBytes)
      this.#fail(`${this.#backlog} bytes wait for the disk`, undefined);
    else this.#draining ??= this.#drain();
  }

  /** Writes closed chunks until none is left; whatever was closed meanwhile goes into one write. */
  async #drain(): Promise<void> {
    // Lets a burst of appends finish before the first compression.
    await Promise.resolve();
    try {
      while (this.#sealed.length > 0) {
        const batch = this.#sealed.splice(0, BATCH_CHUNKS);
        await this.#chain.write(batch);
        if (this.#state !== "recording") return;
        for (const { sealed } of batch) this.#backlog -= sealed.size;
        this.#unsyncedSince ??= this.#options.clock.now();
        await this.#syncIfDue();
      }
      this.#watch();
    } catch (cause) {
      this.#fail("the log could not be written", cause);
    } finally {
      this.#draining = undefined;
    }
  }

  async #syncIfDue(): Promise<void> {
    const { clock, syncInterval } = this.#options;
    if (this.#unsyncedSince === undefined) return;
    if (clock.now() - this.#unsyncedSince >= syncInterval) await this.#sync();
  }

  async #sync(): Promise<void> {
    // One that another has begun meanwhile may hold what was written here.
    while (this.#syncing !== undefined) await this.#syncing;
    if (this.#unsyncedSince === undefined || this.#state !== "recording") return;
    this.#unsyncedSince = undefined;
    this.#syncing = this.#chain.sync().catch((cause: unknown) => {
      this.#fail("the log could not be synced to disk", cause);
    });
    await this.#syncing;
    this.#syncing = undefined;
  }

  /** Keeps looking at the clock as long as a chunk is open or bytes are not synced. */
  #watch(): void {
    if (this.#timing) return;
    this.#timing = true;
    void this.#tick();
  }

  async #tick(): Promise<void> {
    const { clock, chunkSpan, syncInterval } = this.#options;
    const { signal } = this.#timer;
    while (this.#packer.openRecords > 0 || this.#unsyncedSince !== undefined) {
      const now = clock.now();
      const sealAt = this.#packer.openRecords > 0 ? this.#openSince + chunkSpan : Infinity;
      const syncAt =
        this.#unsyncedSince === undefined ? Infinity : this.#unsyncedSince + syncInterval;
      if (now >= sealAt) this.#seal();
      await this.#draining;
      await this.#syncIfDue();
      if (this.#state !== "recording") return;
      try {
        await clock.until(micros(Math.max(Math.min(sealAt, syncAt), now + LEAST_TICK)), signal);
      } catch (cause) {
        // Closing aborts the wait; a clock that fails otherwise must not go unnoticed.
        if (!signal.aborted) this.#fail("the clock failed", cause);
        return;
      }
    }
    // In the same turn as the last look: what is appended from here on starts another watch.
    this.#timing = false;
  }

  /** Stops recording, tells, and leaves the file as whole as the disk allows. */
  #fail(problem: string, cause: unknown): void {
    if (this.#failure !== undefined) return;
    this.#state = "failed";
    const expected = "expected a disk that takes the log";
    this.#failure = new LogError(this.#path, `${expected}, got one where ${problem}`, { cause });
    this.#sealed.length = 0;
    this.#backlog = 0;
    this.#timer.abort();
    this.#abandoning = this.#abandon();
    this.#options.onFailure(this.#failure);
  }

  async #abandon(): Promise<void> {
    // A write or sync under way would undo the cut.
    await this.#draining;
    await this.#syncing;
    await this.#chain.abandon();
  }
}

const LEAST_TICK = millis(10);
/** Compressed in one go: more would hold up the pipeline, which shares the thread. */
const BATCH_CHUNKS = 4;
