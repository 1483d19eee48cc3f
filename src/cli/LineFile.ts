import { once } from "node:events";
import { createReadStream, createWriteStream, type WriteStream } from "node:fs";
import { truncate } from "node:fs/promises";
import { finished } from "node:stream/promises";

const NEWLINE = 10;

/** A file of lines that a run writes, and that the next one may go on with. */
export class LineFile {
  readonly #stream: WriteStream;

  private constructor(stream: WriteStream) {
    this.#stream = stream;
    // A full disk ends the file, not the run; `close` tells.
    stream.on("error", () => undefined);
  }

  /**
   * Opens the file for writing.
   *
   * @param keep How many of the lines that are there stay; none unless given.
   * @throws What the system says, if it cannot be written.
   */
  static async open(path: string, keep = 0): Promise<LineFile> {
    if (keep > 0) await truncate(path, (await linesIn(path, keep)).end);
    const stream = createWriteStream(path, { flags: keep > 0 ? "a" : "w" });
    await once(stream, "open");
    return new LineFile(stream);
  }

  /** Appends a line, its end included. */
  write(line: string): void {
    if (!this.#stream.destroyed) this.#stream.write(line);
  }

  /**
   * Settles once every line is in the file.
   *
   * @throws What the system said, if it did not take one.
   */
  async close(): Promise<void> {
    if (!this.#stream.destroyed) this.#stream.end();
    await finished(this.#stream);
  }
}

/**
 * How many complete lines a file holds, and where the last of them ends; 0 where there is no file.
 *
 * @param most Counts no further.
 */
export async function linesIn(
  path: string,
  most = Number.POSITIVE_INFINITY,
): Promise<{ readonly lines: number; readonly end: number }> {
  let lines = 0;
  let end = 0;
  let position = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
      for (let at = chunk.indexOf(NEWLINE); at >= 0 && lines < most; ) {
        lines++;
        end = position + at + 1;
        at = chunk.indexOf(NEWLINE, at + 1);
      }
      if (lines >= most) break;
      position += chunk.byteLength;
    }
  } catch (cause) {
    if (Reflect.get(Object(cause), "code") !== "ENOENT") throw cause;
  }
  return { lines, end };
}
