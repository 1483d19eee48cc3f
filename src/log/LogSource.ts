import { open } from "node:fs/promises";

import { LogError } from "../errors.ts";
import type { LogFile } from "./LogFile.ts";
import { systemProblem } from "./systemProblem.ts";

/** A log: path of its file or of a folder of segments, or its bytes, which must not change while it is read. */
export type LogSource = string | Uint8Array;

/** Random access to a log's bytes. */
export interface LogBytes extends AsyncDisposable {
  /**
   * Up to `length` bytes from `offset` on, fewer at the end of the log. Borrowed, valid for good: later
   * reads do not overwrite it.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Bytes there are by now. */
  size(): Promise<number>;
  /** What was read before may have been written anew since. */
  refresh(): void;
}

/** Small reads are answered from a block of this size, so that a scan is not one call per record. */
const BLOCK_BYTES = 65_536;
/** What follows a chunk is read along with it: its indices and the head of the next one. */
const AHEAD_BYTES = 4_096;

/**
 * Opens a log for reading. It may still be growing: a read sees what has been written by then.
 *
 * @throws {LogError} If the file cannot be opened.
 */
export async function openLog(source: LogSource): Promise<LogBytes> {
  if (typeof source !== "string") return new MemoryBytes(source);
  try {
    return new FileBytes(await open(source, "r"));
  } catch (cause) {
    throw new LogError(source, `expected a readable log file, got ${systemProblem(cause)}`, {
      cause,
    });
  }
}

class MemoryBytes implements LogBytes {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return Promise.resolve(this.#bytes.subarray(offset, offset + length));
  }

  size(): Promise<number> {
    return Promise.resolve(this.#bytes.byteLength);
  }

  refresh(): void {}

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Reads through a file handle, which it owns. */
export class FileBytes implements LogBytes {
  readonly #handle: LogFile;
  readonly #blockBytes: number;
  #block = new Uint8Array(0);
  #blockStart = 0;

  /** @param blockBytes How much is read at once, at least; small where one skips from place to place. */
  constructor(handle: LogFile, blockBytes = BLOCK_BYTES) {
    this.#handle = handle;
    this.#blockBytes = blockBytes;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const within = offset - this.#blockStart;
    if (within >= 0 && within + length <= this.#block.byteLength)
      return this.#block.subarray(within, within + length);
    const block = new Uint8Array(Math.max(length + AHEAD_BYTES, this.#blockBytes));
    let filled = 0;
    while (filled < block.byteLength) {
      const { bytesRead } = await this.#handle.read(
        block,
        filled,
        block.byteLength - filled,
        offset + filled,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.#block = block.subarray(0, filled);
    this.#blockStart = offset;
    return this.#block.subarray(0, length);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  refresh(): void {
    this.#block = new Uint8Array(0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close();
  }
}
