import { basename } from "node:path";

import { type LogFile, type OpenFile, systemFiles } from "../../src/log/LogFile.ts";

/** Files of the system that tell what is done to them, and a disk that may be full. */
export interface FilesThatTell {
  readonly openFile: OpenFile;
  /** `write`, `sync`, `close` with the file's name, in order. */
  readonly told: string[];
}

/** @param room Bytes that fit in all files together; then a write fails with ENOSPC. */
export function filesThatTell(room = Number.POSITIVE_INFINITY): FilesThatTell {
  const told: string[] = [];
  let used = 0;
  const openFile: OpenFile = async (path, flags) => {
    const file = await systemFiles(path, flags);
    const name = basename(path);
    const tell = (what: string): void => void told.push(`${what} ${name}`);
    return {
      read: file.read.bind(file) as LogFile["read"],
      stat: file.stat.bind(file) as LogFile["stat"],
      truncate: (length) => file.truncate(length),
      write: (async (...args: Parameters<LogFile["write"]>) => {
        used += (args[0] as unknown as Uint8Array).byteLength;
        if (used > room) {
          const error = new Error("ENOSPC: no space left on device, write");
          throw Object.assign(error, { code: "ENOSPC" });
        }
        tell("write");
        return await file.write(...args);
      }) as LogFile["write"],
      datasync: () => {
        tell("sync");
        return file.datasync();
      },
      close: () => {
        if (flags !== "r") tell("close");
        return file.close();
      },
    };
  };
  return { openFile, told };
}
