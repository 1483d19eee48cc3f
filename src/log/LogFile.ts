import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";

/** What a log needs of an open file. */
export type LogFile = Pick<
  FileHandle,
  "read" | "write" | "truncate" | "datasync" | "stat" | "close"
>;

/** Opens a file: `open` of `node:fs/promises`, or what stands in for it. */
export type OpenFile = (path: string, flags: string) => Promise<LogFile>;

/** The system's files. */
export const systemFiles: OpenFile = (path, flags) => open(path, flags);

/**
 * Sees to it that a file that was just made is still in its folder after a power cut.
 *
 * Does nothing on systems that cannot sync a folder.
 */
export async function syncFolderOf(path: string, openFile: OpenFile): Promise<void> {
  let folder: LogFile;
  try {
    folder = await openFile(dirname(path), "r");
  } catch {
    return;
  }
  try {
    await folder.datasync();
  } catch (cause) {
    if (!UNSUPPORTED.has(String(Reflect.get(Object(cause), "code")))) throw cause;
  } finally {
    await folder.close();
  }
}

const UNSUPPORTED = new Set(["EINVAL", "EISDIR", "EPERM", "ENOTSUP"]);
