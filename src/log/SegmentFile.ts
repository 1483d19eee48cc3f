import { LogError } from "../errors.ts";
import { ChunkPacker, type SealedChunk } from "./ChunkPacker.ts";
import type { LogFile, OpenFile } from "./LogFile.ts";
import { syncFolderOf } from "./LogFile.ts";
import { LogLayout } from "./LogLayout.ts";
import { FileBytes } from "./LogSource.ts";
import type { OpenedChunk } from "./parseChunk.ts";
import { recoverLayout } from "./recoverLayout.ts";
import { systemProblem } from "./systemProblem.ts";
import { writeFully } from "./writeFully.ts";

/** The summary is made from what lies in the file: a few bytes here and there. */
const SUMMARY_BLOCK = 4_096;

/** How a file is made or continued. */
export interface SegmentFileOptions {
  readonly openFile: OpenFile;
  /** What to do with a file that exists. */
  readonly existing: "refuse" | "replace" | "append";
  /** Of a file that is new. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Called with each chunk of a file that is continued. */
  readonly look?: (chunk: OpenedChunk) => void;
}

/** One MCAP file of a log while it is written: laid out, written and synced piece by piece. */
export class SegmentFile {
  readonly path: string;
  /** Packs records with the channels that the file had when it was opened. */
  readonly packer: ChunkPacker;
  readonly #handle: LogFile;
  readonly #layout: LogLayout;
  /** The file is whole up to here. */
  #written: number;

  private constructor(path: string, handle: LogFile, layout: LogLayout, packer: ChunkPacker) {
    this.path = path;
    this.#handle = handle;
    this.#layout = layout;
    this.packer = packer;
    this.#written = layout.position;
  }

  /**
   * Opens a file for writing at its end: a new one, or one that is recovered first.
   *
   * @throws {LogError} If it exists and is refused, cannot be written, or is no log of ours.
   */
  static async open(path: string, options: SegmentFileOptions): Promise<SegmentFile> {
    const { openFile, existing, metadata, look } = options;
    const handle = await opened(path, existing, openFile);
    try {
      if (existing === "append" && (await handle.stat()).size > 0) {
        const recovered = await recoverLayout(new FileBytes(handle), path, look);
        const { layout, packer, keep, missing, wrong } = recovered;
        for (const { at, bytes } of wrong) await writeFully(handle, bytes, at);
        await handle.truncate(keep);
        await writeFully(handle, missing, keep);
        return new SegmentFile(path, handle, layout, packer);
      }
      const layout = new LogLayout();
      await writeFully(handle, layout.begin(metadata), 0);
      await syncFolderOf(path, openFile);
      return new SegmentFile(path, handle, layout, new ChunkPacker());
    } catch (cause) {
      await handle.close();
      if (cause instanceof LogError) throw cause;
      throw new LogError(path, `expected room for a new log, got ${systemProblem(cause)}`, {
        cause,
      });
    }
  }

  /** Bytes that are written for good. */
  get written(): number {
    return this.#written;
  }

  /** Bytes laid out, written or about to be. */
  get size(): number {
    return this.#layout.position;
  }

  /** First log time, in ns; undefined while there is none. */
  get from(): bigint | undefined {
    return this.#layout.from;
  }

  /** Last log time, in ns; undefined while there is none. */
  get to(): bigint | undefined {
    return this.#layout.to;
  }

  /** Lays a chunk out: the bytes to write next. */
  lay(sealed: SealedChunk): Uint8Array {
    return this.#layout.chunk(sealed);
  }

  /** Writes what was laid out, all of it since the last time. */
  async write(data: Uint8Array): Promise<void> {
    await writeFully(this.#handle, data, this.#written);
    this.#written += data.byteLength;
  }

  /** Settles once what was written is on the disk. */
  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  /** Writes the end, syncs and closes. @param notes Metadata known only now. */
  async finish(notes: Readonly<Record<string, string>>): Promise<void> {
    if (Object.keys(notes).length > 0) await this.write(this.#layout.note(notes));
    this.#written = await this.#end(this.#layout, this.#written);
    await this.#handle.datasync();
    await this.#handle.close();
  }

  /** Cuts the file after the last chunk that was written for good, and closes it there if the disk allows. */
  async abandon(): Promise<void> {
    try {
      await this.#handle.truncate(this.#written);
      // Of a chunk that was laid out and did not get there nothing must be left in the summary.
      const recovered = await recoverLayout(new FileBytes(this.#handle), this.path);
      const { layout, keep, missing } = recovered;
      await writeFully(this.#handle, missing, keep);
      await this.#end(layout, keep + missing.byteLength);
    } catch {
      await this.#handle.truncate(this.#written).catch(ignore);
    }
    await this.#handle.close().catch(ignore);
  }

  /** @returns Where the file ends. */
  async #end(layout: LogLayout, at: number): Promise<number> {
    let position = at;
    const file = new FileBytes(this.#handle, SUMMARY_BLOCK);
    for await (const piece of layout.end(file, this.path)) {
      await writeFully(this.#handle, piece, position);
      position += piece.byteLength;
    }
    return position;
  }
}

async function opened(
  path: string,
  existing: SegmentFileOptions["existing"],
  openFile: OpenFile,
): Promise<LogFile> {
  const flags = { refuse: "wx+", replace: "w+", append: "a+" }[existing];
  try {
    // Appending opens for positioned writes, which O_APPEND would ignore; "a+" only makes the file.
    if (existing === "append") await (await openFile(path, flags)).close();
    return await openFile(path, existing === "append" ? "r+" : flags);
  } catch (cause) {
    throw new LogError(path, `expected a file to write the log to, got ${systemProblem(cause)}`, {
      cause,
    });
  }
}

/** The failure has been told already; what comes on top of it says nothing new. */
function ignore(): void {}
