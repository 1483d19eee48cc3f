import { addAbortSignal, type Readable } from "node:stream";

import { SensorError } from "../../src/sensing.ts";

/** Characters of a line that are read. */
const LONGEST_LINE = 65_536;

/**
 * Lines of a text as they come, without their ends; the last one may lack it.
 *
 * @param where The sensor, for messages.
 * @param input Read to its end, or until the signal aborts.
 * @throws {SensorError} If it cannot be read.
 * @throws The signal's reason, when it aborts.
 */
export async function* linesOf(
  where: string,
  input: Readable,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let rest = "";
  let isFirst = true;
  try {
    for await (const piece of addAbortSignal(signal, input.setEncoding("utf8"))) {
      // What spreadsheets put before the first column's name is no part of it.
      const said = isFirst ? String(piece).replace(/^\uFEFF/, "") : piece;
      isFirst = false;
      const lines = `${rest}${said}`.split(/\r?\n/);
      // What never ends is no line, and must not fill the memory.
      rest = lines.pop()?.slice(0, LONGEST_LINE) ?? "";
      yield* lines;
    }
  } catch (cause) {
    signal.throwIfAborted();
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new SensorError(where, `expected to read lines, got ${problem}`, { cause });
  }
  if (rest !== "") yield rest;
}
