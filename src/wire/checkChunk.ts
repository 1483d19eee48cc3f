import { WireError } from "../errors.ts";
import type { Chunk } from "../frames/Chunk.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { sameShape } from "../frames/sameShape.ts";

/**
 * Checks that a decoded chunk is what its stream declared.
 *
 * That the payload has the announced size was checked when it was decoded.
 *
 * @throws {WireError} `dtype` or `shape`.
 */
export function checkChunk(chunk: Chunk, { stream, dtype, shape }: StreamDescription): void {
  if (chunk.dtype !== dtype)
    throw new WireError(`stream ${stream}`, "dtype", `expected ${dtype}, got ${chunk.dtype}`);
  if (dtype !== "utf8" && !sameShape(chunk.shape, shape))
    throw new WireError(`stream ${stream}`, "shape", `expected [${shape}], got [${chunk.shape}]`);
}
