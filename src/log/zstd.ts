import zstd from "@foxglove/wasm-zstd";

import { LogError } from "../errors.ts";

/** Level 1: on sensor data the higher ones cost several times as much and gain little. */
const LEVEL = 1;
/** No chunk of ours comes near it; a damaged length field must not make us allocate more. */
const LARGEST = 2 ** 30;

/** Settles once `compress` and `decompress` may be called. */
export const zstdReady: Promise<unknown> = zstd.isLoaded;

/** One zstd frame with the bytes. */
export function compress(bytes: Uint8Array): Uint8Array {
  return zstd.compress(bytes, LEVEL);
}

/**
 * The bytes in a zstd frame, freshly allocated.
 *
 * @throws {LogError} If the frame is damaged or does not hold `size` bytes.
 */
export function decompress(frame: Uint8Array, size: number): Uint8Array {
  if (!(size >= 0 && size <= LARGEST))
    throw new LogError("zstd", `expected a size up to ${LARGEST} bytes, got ${size}`);
  try {
    const bytes = zstd.decompress(frame, size);
    if (bytes.byteLength === size) return bytes;
  } catch (cause) {
    throw new LogError("zstd", `expected a frame of ${size} bytes, got a damaged one`, { cause });
  }
  throw new LogError("zstd", `expected a frame of ${size} bytes, got another length`);
}
