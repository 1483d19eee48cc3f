import type { Chunk } from "../frames/Chunk.ts";

/** Where the bytes of the frame at `index` of a chunk lie within its payload. */
export function bytesOf(
  { lengths, originTimes, payload }: Chunk,
  index: number,
): { readonly start: number; readonly end: number } {
  const size = payload.byteLength / originTimes.length;
  if (lengths === undefined) return { start: index * size, end: (index + 1) * size };
  let start = 0;
  for (let i = 0; i < index; i++) start += lengths[i] ?? 0;
  return { start, end: start + (lengths[index] ?? 0) };
}
