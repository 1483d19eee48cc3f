import { WireError } from "../errors.ts";
import type { Chunk } from "../frames/Chunk.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";

/**
 * Checks that a decoded chunk is what its stream declared.
 *
 * That the payload has the announced size was checked when it was decoded.
 *
 * @throws {WireError} `dtype` or `shape`.
 */
export function checkChunk(chunk: Chunk, description: StreamDescription): void {
  const where = `stream ${description.stream}`;
  if (chunk.dtype !== description.dtype)
    throw new WireError(where, "dtype", `expected ${description.dtype}, got ${chunk.dtype}`);
  if (description.dtype === "utf8") return;
  const same =
    chunk.shape.length === description.shape.length &&
    chunk.shape.every((size, axis) => size === description.shape[axis]);
  if (!same)
    throw new WireError(where, "shape", `expected [${description.shape}], got [${chunk.shape}]`);
}
