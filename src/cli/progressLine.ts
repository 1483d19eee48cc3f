import type { Writable } from "node:stream";

/** One line of a terminal that is written over; plain lines, fewer of them, where there is no terminal. */
export interface ProgressLine {
  /** Shows `text`. @param isMilestone Whether it is worth a line of its own in a log file. */
  show(text: string, isMilestone: boolean): void;
  /** Leaves the last line as it is and goes to the next. */
  end(): void;
}

/** Progress of long work, for a person who waits. */
export function progressLine(out: Writable & { readonly isTTY?: boolean }): ProgressLine {
  const isTerminal = out.isTTY === true;
  return {
    show(text, isMilestone) {
      if (isTerminal) out.write(`\r\x1b[K${text}${isMilestone ? "\n" : ""}`);
      else if (isMilestone) out.write(`${text}\n`);
    },
    end() {
      if (isTerminal) out.write("\n");
    },
  };
}
