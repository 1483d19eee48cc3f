import { MCAP_MAGIC, McapStreamReader, Opcode } from "@mcap/core";

import { LogError } from "../errors.ts";
import { METADATA_NAME } from "./LogLayout.ts";
import { type LogSource, openLog } from "./LogSource.ts";
import { scanFile } from "./scanFile.ts";

/** What a log file says about itself without its records. */
export interface FileMetadata {
  /** The recording's own metadata; empty where it has none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether it ends with a footer. */
  readonly closed: boolean;
}

/**
 * Reads a recording's metadata, and whether it was closed.
 *
 * @throws {LogError} If the file cannot be opened or is not MCAP.
 */
export async function fileMetadata(source: LogSource): Promise<FileMetadata> {
  const where = typeof source === "string" ? source : "log";
  await using bytes = await openLog(source);
  let metadata: Readonly<Record<string, string>> = {};
  let closed = false;
  for await (const { opcode, offset, length } of scanFile(bytes, where)) {
    if (opcode === Opcode.METADATA)
      // What was known only at the end comes in a second record.
      metadata = { ...metadata, ...metadataIn(await bytes.read(offset, length), where) };
    if (opcode === Opcode.FOOTER)
      closed =
        (await bytes.read(offset + length, MCAP_MAGIC.length)).byteLength === MCAP_MAGIC.length;
  }
  return { metadata, closed };
}

function metadataIn(
  record: Uint8Array,
  where: string,
): Readonly<Record<string, string>> | undefined {
  try {
    const reader = new McapStreamReader({ noMagicPrefix: true });
    reader.append(record);
    const found = reader.nextRecord();
    if (found?.type === "Metadata" && found.name === METADATA_NAME)
      return Object.fromEntries(found.metadata);
    return undefined;
  } catch (cause) {
    throw new LogError(where, "readable metadata expected, got damaged ones", { cause });
  }
}
