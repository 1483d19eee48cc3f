import { MCAP_MAGIC, McapStreamReader, Opcode } from "@mcap/core";

import { LogError } from "../errors.ts";
import { METADATA_NAME } from "./LogLayout.ts";
import { type LogSource, openLog } from "./LogSource.ts";
import { scanFile } from "./scanFile.ts";
import { filesOf } from "./segments.ts";

/** How many records at a segment's start say again what was in force there. */
export const RESTATED = "restated";
/** Log time at which a segment begins, in us. */
export const SEGMENT_FROM = "from";
/** Noted at the end of a segment that another follows. */
export const CONTINUES = "continues";

/** What a log file says about itself without its records. */
export interface FileMetadata {
  /** The recording's own metadata; empty where it has none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether it ends with a footer. */
  readonly closed: boolean;
}

/**
 * Reads a recording's metadata, and whether it was closed. Of a folder of segments the last one speaks, for
 * itself and for the whole.
 *
 * @throws {LogError} If the file cannot be opened or is not MCAP.
 */
export async function fileMetadata(log: LogSource): Promise<FileMetadata> {
  const source = (await filesOf(log)).at(-1) ?? log;
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

/**
 * What one file says about itself at its start; nothing if that is not there yet.
 *
 * @throws {LogError} If the file cannot be opened or is not MCAP.
 */
export async function startMetadata(source: LogSource): Promise<Readonly<Record<string, string>>> {
  const where = typeof source === "string" ? source : "log";
  await using bytes = await openLog(source);
  for await (const { opcode, offset, length } of scanFile(bytes, where))
    if (opcode === Opcode.METADATA)
      return metadataIn(await bytes.read(offset, length), where) ?? {};
  return {};
}

/**
 * The recording's own metadata in an MCAP metadata record; undefined if they are somebody else's.
 *
 * @throws {LogError} If the record is damaged.
 */
export function metadataIn(
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
    throw new LogError(where, "expected readable metadata, got damaged ones", { cause });
  }
}
