import type { Readable } from "node:stream";
import type { Observable } from "rxjs";

import { type Chunk, framesOf } from "../frames/Chunk.ts";
import { type Bytes, bytes } from "../units.ts";
import { growingText } from "./growingText.ts";

/** Text that may wait for a slow reader. */
const BACKLOG = bytes(1024 * 1024);

/**
 * Frames as lines of JSON, as they come: `stream`, `epoch`, `sequence`, times in µs, `dtype`, `shape` and
 * the `payload` in base64.
 *
 * While more than `backlog` waits for a reader, frames are skipped; how many says a line `{"skipped": n}`.
 * An empty line comes at once, so that a reader knows that it was heard. Ends with the chunks;
 * unsubscribes when the reader is gone.
 */
export function frameLines(chunks: Observable<Chunk>, backlog: Bytes = BACKLOG): Readable {
  let skipped = 0;
  const lines = growingText(chunks, (chunk, text) => {
    if (text.readableLength > backlog) {
      skipped += chunk.originTimes.length;
      return;
    }
    if (skipped > 0) text.push(`${JSON.stringify({ skipped })}\n`);
    skipped = 0;
    text.push(linesOf(chunk));
  });
  lines.push("\n");
  return lines;
}

function linesOf(chunk: Chunk): string {
  const { dtype, shape } = chunk;
  return framesOf(chunk)
    .map(({ stream, epoch, sequence, originTime, arrivalTime, payload }) => {
      const frame = { stream, epoch, sequence, originTime, arrivalTime, dtype, shape };
      const { buffer, byteOffset, byteLength } = payload;
      const text = Buffer.from(buffer, byteOffset, byteLength).toString("base64");
      return `${JSON.stringify({ ...frame, payload: text })}\n`;
    })
    .join("");
}
