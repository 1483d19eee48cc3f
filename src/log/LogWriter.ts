import { type FileHandle, open } from "node:fs/promises";

import type { Clock } from "../clock/Clock.ts";
import { ConfigError, LogError } from "../errors.ts";
import { type Bytes, bytes, type Micros, micros, millis, seconds } from "../units.ts";
import { LogLayout, type SealedChunk } from "./LogLayout.ts";
import type { LogRecord } from "./LogRecord.ts";
import { FileBytes } from "./LogSource.ts";
import { recoverLayout } from "./recoverLayout.ts";
import { writeFully } from "./writeFully.ts";
import { zstdReady } from "./zstd.ts";

/** How a log is written. */
export interface LogWriterOptions {
  /** The clock that also gives the records' log times. */
  readonly clock: Clock;
  /** Called once, when writing fails: from then on nothing is recorded, and appends are counted as refused. */
  readonly onFailure: (error: LogError) => void;
  /**
   * What to do with a file that exists: refuse it (default), replace it, or recover it and go on at its
   * end.
   */
  readonly existing?: "refuse" | "replace" | "append";
  /** The recording's own metadata: pipeline, licence, generator. Ignored when appending. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Bytes of records, before compression, that close a chunk. Default 256 KiB. */
  readonly chunkBytes?: Bytes;
  /** Time span of records that closes a chunk: what a crash of this process loses at most. Default 1 s. */
  readonly chunkSpan?: Micros;
  /** At most so long after a write the file is synced to disk: what a power cut loses at most, beside the
   * open chunk. Default 1 s. */
  readonly syncInterval?: Micros;
  /** Bytes of closed chunks that may wait for the disk; more is a failure. Default 64 MiB. */
  readonly backlogBytes?: Bytes;
}

/** How a log is doing. */
export interface LogStatus {
  readonly state: "recording" | "failed" | "closed";
  /** Records appended, those before a recovered end not counted. */
  readonly records: number;
  /** Records refused because writing had failed or the log was closed. */
  readonly refused: number;
  /** Bytes in the file. */
  readonly bytesWritten: Bytes;
  /** Bytes of closed chunks that wait for the disk. */
  readonly backlogBytes: Bytes;
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
 * - `close` writes what is left; it is idempotent and is what `await using` calls.
 */
export class LogWriter implements AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #layout: LogLayout;
  readonly #options: Required<Omit<LogWriterOptions, "existing" | "metadata">>;
  readonly #timer = new AbortController();
  #state: LogStatus["state"] = "recording";
  #records = 0;
  #refused = 0;
  /** Log time of the open chunk's first record. */
  #openSince = 0;
  readonly #sealed: SealedChunk[] = [];
  #backlog = 0;
  /** The file is whole up to here. */
  #written: number;
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
    handle: FileHandle,
    layout: LogLayout,
    options: LogWriterOptions,
  ) {
    this.#path = path;
    this.#handle = handle;
    this.#layout = layout;
    this.#written = layout.position;
    this.#options = { ...DEFAULTS, ...options };
  }

  /**
   * Opens a log for appending.
   *
   * @throws {ConfigError} If a size or time is out of its range.
   * @throws {LogError} If the file exists and is refused, cannot be written, or is no log of ours.
   */
  static async open(path: string, options: LogWriterOptions): Promise<LogWriter> {
    const { existing = "refuse", metadata = {}, ...rest } = options;
    for (const [name, value] of Object.entries({ ...DEFAULTS, ...rest }))
      if (typeof value === "number" && !(value > 0))
        throw new ConfigError(`log ${path}`, `${name} must be > 0, got ${value}`);
    await zstdReady;
    const handle = await openFile(path, existing);
    try {
      if (existing === "append" && (await handle.stat()).size > 0) {
        const { layout, keep, missing } = await recoverLayout(new FileBytes(handle), path);
        await handle.truncate(keep);
        await writeFully(handle, missing, keep);
        return new LogWriter(path, handle, layout, options);
      }
      const layout = new LogLayout();
      await writeFully(handle, layout.begin(metadata), 0);
      return new LogWriter(path, handle, layout, options);
    } catch (cause) {
      await handle.close();
      if (cause instanceof LogError) throw cause;
      throw new LogError(path, "room for a new log expected, got an error", { cause });
    }
  }

  /** How it is doing now. */
  get status(): LogStatus {
    return {
      state: this.#state,
      records: this.#records,
      refused: this.#refused,
      bytesWritten: bytes(this.#written),
      backlogBytes: bytes(this.#backlog),
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
    if (this.#layout.openRecords > 0 && record.logTime >= this.#openSince + chunkSpan) this.#seal();
    if (this.#layout.openRecords === 0) this.#openSince = record.logTime;
    this.#layout.add(record);
    this.#records++;
    if (this.#layout.openBytes >= chunkBytes) this.#seal();
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
        const hasNotes = Object.keys(this.#notes).length > 0;
        const notes = hasNotes ? this.#layout.note(this.#notes) : new Uint8Array(0);
        const end = Buffer.concat([notes, this.#layout.end()]);
        await writeFully(this.#handle, end, this.#written);
        await this.#handle.datasync();
        await this.#handle.close();
      } catch (cause) {
        this.#fail("the end of the log could not be written", cause);
      }
    }
    await this.#abandoning;
  }

  #seal(): void {
    if (this.#state !== "recording") return;
    const sealed = this.#layout.seal();
    if (sealed === undefined) return;
    this.#sealed.push(sealed);
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
        const data = Buffer.concat(batch.map((sealed) => this.#layout.chunk(sealed)));
        await writeFully(this.#handle, data, this.#written);
        if (this.#state !== "recording") return;
        this.#written += data.byteLength;
        for (const { size } of batch) this.#backlog -= size;
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
    await this.#syncing;
    if (this.#unsyncedSince === undefined || this.#state !== "recording") return;
    this.#unsyncedSince = undefined;
    this.#syncing = this.#handle.datasync().catch((cause: unknown) => {
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
    while (this.#layout.openRecords > 0 || this.#unsyncedSince !== undefined) {
      const now = clock.now();
      const sealAt = this.#layout.openRecords > 0 ? this.#openSince + chunkSpan : Infinity;
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
    const expected = "a disk that takes the log expected";
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
    try {
      await this.#handle.truncate(this.#written);
      await writeFully(this.#handle, this.#layout.end(), this.#written);
    } catch {
      await this.#handle.truncate(this.#written).catch(ignore);
    }
    await this.#handle.close().catch(ignore);
  }
}

const LEAST_TICK = millis(10);
/** Compressed in one go: more would hold up the pipeline, which shares the thread. */
const BATCH_CHUNKS = 4;

const DEFAULTS = {
  chunkBytes: bytes(256 * 1_024),
  chunkSpan: seconds(1),
  syncInterval: seconds(1),
  backlogBytes: bytes(64 * 1_024 * 1_024),
};

async function openFile(
  path: string,
  existing: "refuse" | "replace" | "append",
): Promise<FileHandle> {
  const flags = { refuse: "wx", replace: "w", append: "a+" }[existing];
  try {
    // Appending opens for positioned writes, which O_APPEND would ignore; "a+" only makes the file.
    if (existing === "append") await (await open(path, flags)).close();
    return await open(path, existing === "append" ? "r+" : flags);
  } catch (cause) {
    throw new LogError(path, "a file to write the log to expected, got an error", { cause });
  }
}

/** The failure has been told already; what comes on top of it says nothing new. */
function ignore(): void {}
