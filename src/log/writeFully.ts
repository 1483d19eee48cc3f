import type { LogFile } from "./LogFile.ts";

/** Writes all the bytes at `position`; one call to the system may take only some of them. */
export async function writeFully(
  handle: LogFile,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) {
    const { bytesWritten } = await handle.write(
      bytes,
      written,
      bytes.byteLength - written,
      position + written,
    );
    written += bytesWritten;
  }
}
